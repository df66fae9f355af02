// Tells the server on whose clock to say times. Before the page's own code opens the websocket, which
// brings the cookies once.
{
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  document.cookie = `timezone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000`;
}
