// Part of the paint gate (PaintGatePlugin in documents/plugins.py): `firstPaint` resolves when the page has been
// painted, the rows of a list one frame later; the page's code waits for it. The time zone cookie is set then:
// after the paint, because reading the time zone is slow, and before the websocket sends the cookies.
window.firstPaint = new Promise((resolve) => {
  const afterRows = () => requestAnimationFrame(() => requestAnimationFrame(resolve));
  new PerformanceObserver(afterRows).observe({ type: "paint", buffered: true });
  // Browsers do not paint hidden pages.
  setTimeout(resolve, document.hidden ? 0 : 1000);
}).then(() => {
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store API needs HTTPS and a recent browser.
  document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000`;
});

// A press on a button of the document (ui/shell/press.py) before the page's code runs: repeated on the button that
// replaces it. If the code does not arrive, the form is sent.
(() => {
  const PATIENCE_MS = 8000;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const { press } = form.dataset;
    if (!press || !form.closest("[data-prerendered]")) return;
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.dataset.pending !== undefined) return;
    button.dataset.pending = "";
    button.setAttribute("aria-disabled", "true");
    const timer = setTimeout(() => form.submit(), PATIENCE_MS);
    const observer = new MutationObserver(() => {
      if (form.isConnected) return;
      observer.disconnect();
      clearTimeout(timer);
      document.querySelector(`form[data-press="${CSS.escape(press)}"]`)?.requestSubmit();
    });
    observer.observe(document.body, { childList: true, subtree: true });
  });
})();
