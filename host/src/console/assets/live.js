// Parts that the server keeps up to date: <div data-live="/console/…"> gets each fragment of the stream.
{
  for (const part of document.querySelectorAll("[data-live]")) {
    let stream = null;
    let latest = null;
    const show = () => {
      if (latest === null) return;
      // Rendered and escaped by the server, as the page itself.
      part.innerHTML = latest;
      latest = null;
      part.dispatchEvent(new CustomEvent("console:changed", { bubbles: true }));
    };
    part.addEventListener("focusout", (event) => {
      if (!part.contains(event.relatedTarget)) show();
    });
    const stop = () => {
      if (stream) stream.close();
      stream = null;
    };
    const start = () => {
      if (stream) return;
      stream = new EventSource(part.dataset.live);
      stream.addEventListener("part", (event) => {
        latest = event.data;
        // Whoever is in it with the keyboard is not thrown out.
        if (!part.contains(document.activeElement)) show();
        document.body.classList.remove("stale");
      });
      stream.onerror = () => {
        document.body.classList.add("stale");
        // Closed for good: the session has ended, or there are too many streams.
        if (stream && stream.readyState === EventSource.CLOSED) stop();
      };
    };
    // A hidden tab takes no stream.
    document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
    if (!document.hidden) start();
  }
}
