// Times in the browser's zone, and no form twice.
{
  const pad = (number) => String(number).padStart(2, "0");
  const shown = (at) =>
    `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ` +
    `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  const localize = (root) => {
    for (const bar of root.querySelectorAll("[data-at] > title")) {
      bar.textContent = `${shown(new Date(Number(bar.parentNode.dataset.at)))}  ${bar.textContent}`;
    }
    for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const text = shown(at);
      time.dataset.local = "";
      if ("ago" in time.dataset) time.title = text;
      else {
        time.title = time.dateTime;
        time.textContent = text;
      }
    }
  };
  localize(document);
  // Parts that scripts put into the page announce themselves.
  document.addEventListener("console:changed", (event) => localize(event.target));

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if ("sent" in form.dataset) event.preventDefault();
    else form.dataset.sent = "";
  });
  // Coming back by the browser's history, forms can be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
}
