// Keeps the page of the door and the tickets shown there for phones without a network. It serves /door and the API of
// these tickets, nothing else: the other pages need their websocket. Notices have a worker of their own
// (service-worker.js); the longer scope wins.
const SHELL_CACHE = "door-shell-development"; // The build replaces the name by a digest (documents/plugins.py).
const TICKET_CACHE = "door-tickets"; // Survives releases.
const SHELL = ["/door", "/door.js", "/door.css"];
const PATIENCE_MS = 2500; // At a crowded entrance a network that hangs is as good as none.
const LOST = [401, 403, 404, 410]; // Signed out, given away or refunded.
const isTicket = (url) => /^\/api\/orders\/[0-9a-f-]{36}\/door$/.test(url.pathname);

self.addEventListener("install", (event) => {
  const precache = async () => {
    const cache = await caches.open(SHELL_CACHE);
    // Past the HTTP cache, all or none: files of two releases do not fit together.
    await cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })));
    await self.skipWaiting();
  };
  event.waitUntil(precache());
});

self.addEventListener("activate", (event) => {
  const takeOver = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("door-shell-") && name !== SHELL_CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(takeOver());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (SHELL.includes(url.pathname)) event.respondWith(answerShell(event.request, url));
  if (isTicket(url)) event.respondWith(answerTicket(event, url));
});

async function answerShell(request, url) {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(url.pathname, { ignoreVary: true })) ?? fetch(request);
}

async function load(request, path, cache) {
  const response = await fetch(request);
  if (response.ok) await cache.put(path, response.clone());
  else if (LOST.includes(response.status)) await cache.delete(path);
  return response;
}

async function answerTicket(event, url) {
  const cache = await caches.open(TICKET_CACHE);
  const kept = await cache.match(url.pathname, { ignoreVary: true });
  const loading = load(event.request, url.pathname, cache);
  if (!kept) return loading;
  // A late answer still replaces or deletes the copy.
  const answer = loading.catch(() => null);
  event.waitUntil(answer);
  const timeout = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const first = await Promise.race([answer, timeout]);
  return first && (first.ok || LOST.includes(first.status)) ? first : kept;
}
