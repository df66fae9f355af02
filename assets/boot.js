// `firstPaint` is when the page was first seen, with the rows of a list, which come a frame later than what
// is above them (ui/theme.py); the page's own code waits for it (ui/build.py). Then, before that opens the
// websocket, which brings the cookies once, the server is told on whose clock to say times: it takes
// browsers long to find out.
window.firstPaint = new Promise((seen) => {
  const afterRows = () => requestAnimationFrame(() => requestAnimationFrame(seen));
  new PerformanceObserver(afterRows).observe({ type: "paint", buffered: true });
  // Nobody paints what nobody sees.
  setTimeout(seen, document.hidden ? 0 : 1000);
}).then(() => {
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store API needs HTTPS and a recent browser.
  document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000`;
});
