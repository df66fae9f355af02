// Sends forms marked data-json-form to the API as JSON and shows its errors. A plain script: it works
// before hydration.
(() => {
  const PROOF_NEEDED = "/problems/proof-needed";
  // The server forgets its challenge after five minutes.
  const AUTOFILL_MS = 240_000;
  // Errors of the browser's own dialogs.
  const PASSKEY_ERRORS = {
    AbortError: "",
    InvalidStateError: "This device has a passkey for your account already.",
    NotAllowedError: "That was not finished, and nothing was changed. Try again.",
    SecurityError: "Passkeys do not work at this address.",
  };
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
    // Those of door-worker.js; Clear-Site-Data works over HTTPS only, and not in every browser.
    window.caches?.delete("door-tickets");
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

  const call = async (url, method, body) => {
    const response = await fetch(url, {
      method,
      headers: { "content-type": "application/json", "x-tab": sessionStorage.getItem("token") ?? "" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw Object.assign(new Error(url), await response.json());
    return response;
  };

  // The browser has one request for a passkey at a time: that of a button replaces the one of the e-mail field.
  let request = null;
  let autofilled = null;
  const askForPasskey = async ({ dataset }, mediation) => {
    request?.abort();
    const own = new AbortController();
    request = own;
    try {
      const asked = await (await call(`${dataset.api}/options`, "POST", {})).json();
      const lifetime = mediation ? [AbortSignal.timeout(AUTOFILL_MS)] : [];
      const signal = AbortSignal.any([own.signal, ...lifetime]);
      signal.throwIfAborted();
      const credential =
        dataset.passkey === "create"
          ? await navigator.credentials.create({
              publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked),
              signal,
            })
          : await navigator.credentials.get({
              publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked),
              mediation,
              signal,
            });
      return credential.toJSON();
    } finally {
      if (request === own) request = null;
    }
  };

  // Offers passkeys in the e-mail field of the sign-in page; a choice there sends the form of the passkey.
  const signInForm = () => document.querySelector('form[data-api$="/signin/passkey"]');
  const offerPasskeys = async () => {
    const form = "passkeys" in document.documentElement.dataset && signInForm();
    if (!form || request || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    try {
      autofilled = await askForPasskey(form, "conditional");
      // The page's code may have drawn another one meanwhile.
      signInForm()?.requestSubmit();
    } catch (error) {
      if (error.name === "TimeoutError") offerPasskeys();
    }
  };

  // The dialog of the page (ui/shell/proof.jsx) asks for a password or passkey.
  const prove = () =>
    new Promise((resolve) => {
      const event = new CustomEvent("proofneeded", { cancelable: true, detail: resolve });
      if (window.dispatchEvent(event)) resolve(false);
    });

  const attempt = async (form) => {
    const body = Object.fromEntries(new FormData(form));
    if (form.dataset.passkey) {
      body.credential = autofilled ?? (await askForPasskey(form));
      autofilled = null;
    }
    await call(form.dataset.api, form.dataset.method ?? "POST", body);
  };

  // Returns whether the page is left.
  const send = async (form) => {
    try {
      await attempt(form);
    } catch (error) {
      if (error.type !== PROOF_NEEDED || !(await prove())) throw error;
      await attempt(form);
    }
    if ("proof" in form.dataset) {
      window.dispatchEvent(new Event("proved"));
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
  // The page may return from the browser's cache, after its person signed out.
  window.addEventListener("pageshow", ({ persisted }) => {
    holdLinks(false);
    const isMember = document.documentElement.dataset.audience === "member";
    if (persisted && isMember && !/(^|; )member=1/.test(document.cookie)) location.reload();
  });

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
      } catch (error) {
        show(form, error.errors ?? [{ message: PASSKEY_ERRORS[error.name] ?? UNREACHABLE }]);
      }
      button.disabled = isLeaving;
      if (isLeaving) return;
      offerPasskeys();
      holdLinks(false);
      // A disabled button loses the focus.
      if (document.activeElement === document.body) button.focus();
      sending -= 1;
      reloadWhenSignedOut();
    },
    true,
  );

  offerPasskeys();
  // A page that was opened without a page load.
  document.addEventListener("focusin", ({ target }) => {
    if (target.name === "email") offerPasskeys();
  });

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
