// Lists by keyboard, and rows that stay chosen when a live list is rendered anew.
{
  const list = () => document.querySelector("table.list");
  const dialog = document.getElementById("keys");
  if (dialog) document.body.classList.add("with-keys");
  const chosen = new Set();
  let current = null;

  const rows = () => [...(list()?.querySelectorAll("tbody tr[data-row]") ?? [])];
  const mark = () => {
    for (const row of rows()) {
      row.classList.toggle("current", row.dataset.row === current);
      const box = row.querySelector("input[name=id]");
      if (box) box.checked = chosen.has(row.dataset.row);
    }
    const count = document.querySelectorAll(".chosen-count");
    for (const place of count) place.textContent = chosen.size ? `(${chosen.size})` : "";
    for (const button of document.querySelectorAll("button[data-of-chosen]")) button.disabled = chosen.size === 0;
  };
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.dataset.row === current);
    const next = all[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by, 0), all.length - 1)];
    current = next.dataset.row;
    mark();
    next.scrollIntoView({ block: "nearest" });
    next.querySelector("a")?.focus({ preventScroll: true });
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.name !== "id" || !box.closest("tr[data-row]")) return;
    if (box.checked) chosen.add(box.value);
    else chosen.delete(box.value);
    mark();
  });
  // Rows that have moved out of a live list are chosen all the same.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.classList.contains("rows")) return;
    const shown = new Set(rows().map((row) => row.dataset.row));
    for (const old of form.querySelectorAll("input[data-kept]")) old.remove();
    for (const id of chosen) {
      if (shown.has(id)) continue;
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "id", value: id });
      field.dataset.kept = "";
      form.append(field);
    }
  }, true);
  document.addEventListener("console:changed", mark);
  // A browser that goes back or loads anew may have kept ticks.
  window.addEventListener("pageshow", () => {
    for (const row of rows()) if (row.querySelector("input[name=id]")?.checked) chosen.add(row.dataset.row);
    mark();
  });
  mark();

  // Whoever speaks to the browser, or has single keys for something else, switches them off; it is kept in this browser.
  const OFF = "lark_callback_keys_off";
  const on = dialog?.querySelector("[data-keys-on]");
  const areOff = () => {
    try {
      return localStorage.getItem(OFF) !== null;
    } catch {
      return false;
    }
  };
  if (on) {
    on.checked = !areOff();
    on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "")));
  }
  document.querySelector("[data-keys]")?.addEventListener("click", () => dialog?.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "q") event.target.blur();
    if (areOff()) return;
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = () => rows().find((row) => row.dataset.row === current);
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && row()) row().querySelector("input[name=id]")?.click();
    else if (event.key === "/" && document.getElementById("q")) document.getElementById("q").focus();
    else if (event.key === "?" && dialog) dialog.showModal();
    else if (event.key === "Enter" && row() && event.target === document.body) row().querySelector("a")?.click();
    else return;
    event.preventDefault();
  });

  // A click on a name copies its path.
  document.addEventListener("click", (event) => {
    const key = event.target.closest(".tree .key");
    if (!key || !navigator.clipboard) return;
    event.preventDefault();
    navigator.clipboard.writeText(key.title).catch(() => {});
  });
}
