// `painted` is when the page was first seen, which its own code waits for (ui/build.py). Then, before
// that opens the websocket, which brings the cookies once, the server is told on whose clock to say
// times: it takes browsers long to find out.
window.painted = new Promise((seen) => {
  new PerformanceObserver(seen).observe({ type: "paint", buffered: true });
  // Nobody paints what nobody sees.
  setTimeout(seen, document.hidden ? 0 : 1000);
}).then(() => {
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000`;
});
