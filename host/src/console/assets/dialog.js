// A question that is a page of its own is asked in a dialog: <a data-dialog href="…">, also in parts that are rendered anew.
{
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const follow = () => window.location.assign(link.href);
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) return follow();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const question = page.querySelector("form.plugin-question");
      if (!question) return follow();
      const dialog = document.createElement("dialog");
      dialog.className = "plugin-dialog";
      dialog.setAttribute("aria-label", link.textContent);
      dialog.append(document.importNode(question, true));
      dialog.querySelector("a.button").addEventListener("click", (cancel) => {
        cancel.preventDefault();
        dialog.close();
      });
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
    } catch {
      follow();
    }
  });
}
