// A component that is dropped onto the page: sent as it is, answered with a part of a page. Without this script the form is sent.
{
  const base64 = async (file) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  };
  for (const place of document.querySelectorAll("[data-drop]")) {
    const wasm = place.querySelector("[name=wasm]");
    const signature = place.querySelector("[name=signature]");
    const name = place.querySelector("[name=name]");
    const result = place.querySelector("[data-result]");
    const buttons = place.querySelectorAll("button");
    const send = async (path) => {
      const file = wasm.files[0];
      if (!file) return wasm.focus();
      if (file.size > Number(place.dataset.drop)) {
        result.textContent = place.dataset.tooLarge;
        return;
      }
      const headers = { "Content-Type": "application/wasm", "X-CSRF-Token": document.body.dataset.csrf };
      const signed = signature.files[0];
      if (signed && signed.size <= 3000) headers["X-Plugin-Signature"] = await base64(signed);
      const called = name.value.trim() || file.name.replace(/\.wasm$/, "");
      for (const button of buttons) button.disabled = true;
      result.textContent = result.dataset.busy;
      try {
        const answer = await fetch(`${path}?name=${encodeURIComponent(called)}`, { method: "POST", headers, body: file });
        const text = await answer.text();
        // A part of a page is rendered and escaped by the server; a refusal is plain text.
        if ((answer.headers.get("Content-Type") || "").startsWith("text/html")) {
          result.innerHTML = text;
          result.dispatchEvent(new CustomEvent("console:changed", { bubbles: true }));
          result.scrollIntoView({ block: "nearest" });
          result.focus({ preventScroll: true });
        } else result.textContent = text;
      } catch (error) {
        result.textContent = String(error);
      } finally {
        for (const button of buttons) button.disabled = false;
      }
    };
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      // The property of a button without the attribute is the address of the page.
      const path = event.submitter?.getAttribute("formaction") ?? place.getAttribute("action");
      send(path);
    });
    // Anywhere on the page: a file that misses the place would have the browser leave the page and open it.
    const hasFiles = (event) => Array.from(event.dataTransfer?.types ?? []).includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      place.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) place.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      place.classList.remove("over");
      place.scrollIntoView({ block: "nearest" });
      const files = Array.from(event.dataTransfer.files);
      const give = (input, file) => {
        const list = new DataTransfer();
        list.items.add(file);
        input.files = list.files;
      };
      const components = files.filter((file) => !file.name.endsWith(".sig"));
      const signatures = files.filter((file) => file.name.endsWith(".sig"));
      if (components.length > 1 || signatures.length > 1) {
        result.textContent = place.dataset.one;
        return;
      }
      const [component] = components;
      const [signed] = signatures;
      if (signed) give(signature, signed);
      if (!component) return;
      give(wasm, component);
      place.requestSubmit();
    });
  }
}
