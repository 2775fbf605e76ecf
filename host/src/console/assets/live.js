// Parts that the server keeps up to date: <div data-live="/console/…"> gets each fragment of the stream.
{
  // How long after a stream that could not be opened it is tried again.
  const AGAIN_MS = 5_000;
  // A stream ends now and then, and the browser takes some seconds to open it again: that is nothing to be told.
  const SILENT_MS = 7_000;
  // One of the sentences about the stream that the page holds ready; none when all is well.
  const tell = (state, text) => {
    // What stands still does not look alive, unless somebody is at work in it.
    document.body.classList.toggle("still", state !== "" && state !== "held");
    document.body.classList.toggle("waits", state !== "");
    for (const told of document.querySelectorAll("[data-stream]")) {
      told.hidden = told.dataset.stream !== state;
      if (!told.hidden && text) told.textContent = text;
    }
  };
  for (const part of document.querySelectorAll("[data-live]")) {
    let stream = null;
    let again = null;
    let worry = null;
    let latest = null;
    const isMarked = () => {
      const marked = document.getSelection();
      return !!marked && !marked.isCollapsed && part.contains(marked.anchorNode);
    };
    // A click beside all links and fields gives the focus to what can be scrolled: nobody is at work there.
    const isUsed = () => {
      const focused = document.activeElement;
      return part.contains(focused) && focused.matches("a, button, input, select, textarea, summary");
    };
    let isHeld = false;
    const hold = (held) => {
      if (held !== isHeld) tell(held ? "held" : "");
      isHeld = held;
    };
    const show = () => {
      if (latest === null) return;
      // Whoever is in it with the keyboard, or marks text to copy it, is not thrown out.
      hold(isUsed() || isMarked());
      if (isHeld) return;
      const open = [...part.querySelectorAll("details")].map((more) => more.open);
      const scrolled = [...part.querySelectorAll(".scroll")];
      const places = scrolled.map((place) => [place.scrollLeft, place.scrollTop]);
      const focused = scrolled.indexOf(document.activeElement);
      // Rendered and escaped by the server, as the page itself.
      part.innerHTML = latest;
      latest = null;
      part.querySelectorAll("details").forEach((more, at) => (more.open = open[at] ?? more.open));
      part.querySelectorAll(".scroll").forEach((place, at) => {
        [place.scrollLeft, place.scrollTop] = places[at] ?? [0, 0];
        if (at === focused) place.focus({ preventScroll: true });
      });
      part.dispatchEvent(new CustomEvent("console:changed", { bubbles: true }));
    };
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      document.getSelection()?.removeAllRanges();
      document.activeElement?.blur();
    });
    // The focus has moved once this is over.
    part.addEventListener("focusout", () => setTimeout(show));
    document.addEventListener("selectionchange", show);
    const stop = () => {
      clearTimeout(again);
      clearTimeout(worry);
      worry = null;
      if (stream) stream.close();
      stream = null;
    };
    const later = () => {
      clearTimeout(again);
      if (!document.hidden) again = setTimeout(start, AGAIN_MS);
    };
    // A stream does not tell why it was refused, so it is asked for once more.
    const ask = async () => {
      const cut = new AbortController();
      try {
        const answer = await fetch(part.dataset.live, { signal: cut.signal, cache: "no-store" });
        if (answer.status === 401) return tell("out");
        if (answer.status >= 400 && answer.status < 500) return tell("refused", await answer.text());
        if (answer.status === 503) tell("refused", await answer.text());
        else if (!answer.ok) tell("silent");
      } catch {
        tell("silent");
      } finally {
        cut.abort();
      }
      later();
    };
    const start = () => {
      stop();
      stream = new EventSource(part.dataset.live);
      stream.addEventListener("part", (event) => {
        latest = event.data;
        show();
      });
      stream.onopen = () => {
        clearTimeout(worry);
        worry = null;
        tell(isHeld ? "held" : "");
      };
      stream.onerror = () => {
        // The browser tries again by itself, unless the stream was refused.
        if (stream?.readyState !== EventSource.CLOSED) {
          // Nothing is told yet, and nothing claims to be up to date.
          document.body.classList.add("waits");
          worry ??= setTimeout(() => tell("silent"), SILENT_MS);
          return;
        }
        stop();
        ask();
      };
    };
    // A hidden tab takes no stream.
    document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
    if (!document.hidden) start();
  }
}
