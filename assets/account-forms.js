// Sends forms marked data-json-form to the API as JSON and shows what it answers. A plain script, so
// that it works before the page's own code has started.
(() => {
  const UNREACHABLE = "We can't reach the server right now; nothing is lost. Try again.";

  // Only a path of this site; an address of another one must not be reachable through a link to us.
  const nextPath = (fallback) => {
    const wanted = new URLSearchParams(location.search).get("next");
    if (!wanted?.startsWith("/")) return fallback;
    const url = new URL(wanted, location.origin);
    // "/.//host" resolves to the path "//host", which would be another host once it is read again.
    const isLocal = url.origin === location.origin && !url.pathname.startsWith("//");
    return isLocal ? url.pathname + url.search + url.hash : fallback;
  };

  // The server keeps a tab's state under this token: the next person in this tab starts with another one.
  // A purchase that goes on after signing in is the exception, as the state of the tab remembers it.
  const forgetTab = () => {
    const wanted = new URLSearchParams(location.search).get("next") ?? "";
    if (!wanted.includes("purchase=")) sessionStorage.removeItem("token");
  };

  const show = (form, errors) => {
    for (const place of form.querySelectorAll("[data-error-for]")) {
      const name = place.dataset.errorFor;
      const control = name ? form.elements[name] : null;
      const own = errors.filter(({ field }) => (form.elements[field] ? field : "") === name);
      place.textContent = own.map(({ message }) => message).join(" ");
      control?.setAttribute("aria-invalid", String(own.length > 0));
    }
    form.querySelector("[aria-invalid=true]")?.focus();
  };

  const send = async (form) => {
    const response = await fetch(form.action, {
      method: form.dataset.method ?? "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (!response.ok) {
      show(form, (await response.json()).errors);
      return false;
    }
    forgetTab();
    location.assign(nextPath(form.dataset.jsonForm));
    return true;
  };

  // The page's session may end while its own form is on the way, as when the form ends it.
  let sending = 0;
  let isSignedOut = false;
  const reloadWhenSignedOut = () => {
    if (!isSignedOut || sending) return;
    forgetTab();
    location.reload();
  };

  // Wherever the page is to go meanwhile: the form's own way wins, and where it fails the page loads anew.
  window.addEventListener("leave", (event) => {
    if (!sending) return;
    event.preventDefault();
    isSignedOut = true;
  });

  window.addEventListener("signedout", () => {
    isSignedOut = true;
    reloadWhenSignedOut();
  });

  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (!form.matches("form[data-json-form]")) return;
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      if (button.disabled) return;
      button.disabled = true;
      sending += 1;
      let isLeaving = false;
      try {
        show(form, []);
        isLeaving = await send(form);
      } catch {
        show(form, [{ message: UNREACHABLE }]);
      }
      button.disabled = isLeaving;
      if (isLeaving) return;
      // A button that is switched off loses the focus; who pressed it is still there.
      if (document.activeElement === document.body) button.focus();
      sending -= 1;
      reloadWhenSignedOut();
    },
    true,
  );

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[data-keep-next]");
      const wanted = new URLSearchParams(location.search).get("next");
      if (!link || !wanted || event.ctrlKey || event.metaKey || event.shiftKey) return;
      // The router would follow the link as it was drawn, so that this must come before it.
      event.preventDefault();
      event.stopPropagation();
      location.assign(`${link.pathname}?${new URLSearchParams({ next: wanted })}`);
    },
    true,
  );
})();
