// Part of the paint gate (PaintGatePlugin in documents/plugins.py): `firstPaint` resolves one frame after the page has
// been painted; the page's code waits for it. The time zone cookie is set then:
// after the paint, because reading the time zone is slow, and before the websocket sends the cookies.
window.firstPaint = new Promise((resolve) => {
  new PerformanceObserver(() => requestAnimationFrame(resolve)).observe({ type: "paint", buffered: true });
  // Browsers do not paint hidden pages.
  setTimeout(resolve, document.hidden ? 0 : 1000);
}).then(() => {
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store API needs HTTPS and a recent browser.
  document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000`;
});

// A form of the document (ui/shell/press.py) that is used before the page's code runs. A choice goes over to the form
// that replaces it. So does a press, with all that its visitor saw; if the code does not arrive, the form is sent.
(() => {
  const PATIENCE_MS = 8000;

  const earlyForm = (target) => target.closest("[data-prerendered] form[data-press]");

  const whenReplaced = (form, act) => {
    const observer = new MutationObserver(() => {
      if (form.isConnected) return;
      observer.disconnect();
      const next = document.querySelector(`form[data-press="${CSS.escape(form.dataset.press)}"]`);
      if (next) act(next);
    });
    observer.observe(document.body, { childList: true, subtree: true });
  };

  const copy = (values, form) => {
    for (const [name, value] of values) if (form.elements[name]) form.elements[name].value = value;
  };

  document.addEventListener("change", ({ target }) => {
    const form = earlyForm(target);
    if (form) whenReplaced(form, (next) => copy([[target.name, target.value]], next));
  });

  document.addEventListener("submit", (event) => {
    const form = earlyForm(event.target);
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.dataset.pending !== undefined) return;
    button.dataset.pending = "";
    button.setAttribute("aria-disabled", "true");
    const timer = setTimeout(() => form.submit(), PATIENCE_MS);
    const seen = [...new FormData(form)];
    whenReplaced(form, (next) => {
      clearTimeout(timer);
      copy(seen, next);
      next.requestSubmit();
    });
  });
})();
