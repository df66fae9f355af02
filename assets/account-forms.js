// Sends forms marked data-json-form to the API as JSON and shows its errors. A plain script: it works
// before hydration.
(() => {
  const UNREACHABLE = "We can't reach the server right now; nothing is lost. Try again.";

  // Only a path of this site: an open redirect would lend our address to other sites.
  const nextPath = (fallback) => {
    const wanted = new URLSearchParams(location.search).get("next");
    if (!wanted?.startsWith("/")) return fallback;
    const url = new URL(wanted, location.origin);
    // "/.//host" resolves to the path "//host", which the next parser takes for another host.
    const isLocal = url.origin === location.origin && !url.pathname.startsWith("//");
    return isLocal ? url.pathname + url.search + url.hash : fallback;
  };

  // The key of the tab's state on the server: after sign-in and sign-out the tab starts with a new one.
  // An interrupted purchase is the exception: it continues from the state of the tab.
  const forgetTab = () => {
    const wanted = new URLSearchParams(location.search).get("next") ?? "";
    if (!wanted.includes("purchase=")) sessionStorage.removeItem("token");
  };

  // The token of a mailed link is in the fragment, which no server or log sees. It leaves the address at once.
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const fillIn = () => {
    const place = document.querySelector("[data-link-field]");
    if (!token || !place) return;
    place.hidden = true;
    place.querySelector("input").value = token;
  };
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
  fillIn();

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
    const response = await fetch(form.dataset.api, {
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

  // A link that is followed meanwhile would lose against the navigation after the form.
  const holdLinks = (isHeld) => {
    for (const part of document.querySelectorAll("header, footer, .tabs")) part.inert = isHeld;
  };
  // The page may return from the browser's cache.
  window.addEventListener("pageshow", () => holdLinks(false));

  // The session may end while a form is being sent, for example by that form.
  let sending = 0;
  let isSignedOut = false;
  const reloadWhenSignedOut = () => {
    if (!isSignedOut || sending) return;
    forgetTab();
    location.reload();
  };

  // The form being sent navigates after success; if it fails, the page reloads.
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
      holdLinks(true);
      sending += 1;
      let isLeaving = false;
      try {
        // Again, if the page's code drew the form.
        fillIn();
        show(form, []);
        isLeaving = await send(form);
      } catch {
        show(form, [{ message: UNREACHABLE }]);
      }
      button.disabled = isLeaving;
      if (isLeaving) return;
      holdLinks(false);
      // A disabled button loses the focus.
      if (document.activeElement === document.body) button.focus();
      sending -= 1;
      reloadWhenSignedOut();
    },
    true,
  );

  // Where the visitor wanted to go, or is: signing in leads back to a page of content.
  const wantedPath = () => {
    const wanted = new URLSearchParams(location.search).get("next");
    if (wanted || location.pathname === "/" || location.pathname.startsWith("/auth/")) return wanted;
    return location.pathname + location.search;
  };

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[data-keep-next]");
      const wanted = wantedPath();
      if (!link || !wanted || event.ctrlKey || event.metaKey || event.shiftKey) return;
      // In the capture phase: the router would follow the link without `next`.
      event.preventDefault();
      event.stopPropagation();
      location.assign(`${link.pathname}?${new URLSearchParams({ next: wanted })}`);
    },
    true,
  );
})();
