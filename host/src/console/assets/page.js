// Times in the browser's zone and as the time that has passed, no form twice, and the current page in sight of the menu.
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

  // The words and units of `ago` and `due` on the server, by its clock: that of the browser may be wrong.
  const ahead = Number(document.body.dataset.now) - Date.now();
  const zh = document.documentElement.lang.startsWith("zh");
  const length = (ms) => {
    const s = Math.floor(ms / 1_000);
    if (s < 1) return zh ? `${ms} 毫秒` : `${ms} ms`;
    if (s < 120) return zh ? `${s} 秒` : `${s} s`;
    if (s < 7_200) return `${Math.floor(s / 60)} ${zh ? "分钟" : "min"}`;
    if (s < 172_800) return `${Math.floor(s / 3_600)} ${zh ? "小时" : "h"}`;
    return `${Math.floor(s / 86_400)} ${zh ? "天" : "days"}`;
  };
  const passed = (time) => {
    const ms = Date.now() + ahead - new Date(time.dateTime).getTime();
    if (ms < 0) return zh ? `${length(-ms)}后` : `in ${length(-ms)}`;
    const isDue = time.dataset.ago === "due";
    if (ms < 1_000) {
      if (isDue) return zh ? "应立即执行" : "due now";
      return zh ? "刚刚" : "now";
    }
    if (isDue) return zh ? `已超过计划时间 ${length(ms)}` : `due for ${length(ms)}`;
    return zh ? `${length(ms)}前` : `${length(ms)} ago`;
  };
  const tick = () => {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = passed(time);
      // What is not changed is not drawn again, and a selection in it stays.
      if (time.textContent !== text) time.textContent = text;
    }
  };
  let timer = null;
  // A hidden page does nothing.
  const keepTime = () => {
    clearInterval(timer);
    if (document.hidden) return;
    tick();
    timer = setInterval(tick, 1_000);
  };
  if (!Number.isNaN(ahead)) {
    document.addEventListener("visibilitychange", keepTime);
    keepTime();
  }
  // Parts that scripts put into the page announce themselves.
  document.addEventListener("console:changed", (event) => localize(event.target));

  // What is entered is meant as the times that are shown; the address stays in UTC.
  for (const label of document.querySelectorAll("label[data-moment]")) {
    const input = label.querySelector("input");
    const whole = (text) => text.trim().replace(" ", "T").replace(/^\d+-\d+-\d+$/, "$&T00:00");
    const of = (text, zone) => new Date(whole(text) + (/T.*(z|[+-]\d\d:?\d\d)$/i.test(whole(text)) ? "" : zone));
    const given = of(input.value, "Z");
    if (!Number.isNaN(given.getTime())) input.value = shown(given);
    label.querySelector("span").textContent = label.dataset.moment;
    input.form.addEventListener("formdata", (event) => {
      const at = of(input.value, "");
      // Whatever else it is, the server says what a time looks like.
      if (!Number.isNaN(at.getTime())) event.formData.set(input.name, `${at.toISOString().slice(0, 19)}Z`);
    });
  }

  // On a narrow screen the menu is one line that scrolls.
  const menu = document.querySelector(".menu");
  const current = menu?.querySelector("[aria-current]");
  if (current) {
    const [all, one] = [menu.getBoundingClientRect(), current.getBoundingClientRect()];
    menu.scrollLeft += one.left + one.width / 2 - all.left - all.width / 2;
  }

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
