// The page of the door: the codes of an order, large, and a screen that stays on. The order is the fragment of the
// address, so that one kept document serves all orders and no log has their ids.
const TICKET_CACHE = "door-tickets"; // Of door-worker.js.
const USED = "door-used"; // Orders that were used without a network, until the server knows.
const CONTROL_MS = 3000;
const ANSWER_MS = 15_000;
const IS_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const place = (name) => document.querySelector(`[data-door="${name}"]`);
const write = (name, text) => {
  place(name).textContent = text ?? "";
};
const reveal = (name, isShown) => {
  place(name).hidden = !isShown;
};
const element = (tag, properties) => Object.assign(document.createElement(tag), properties);
const orderId = () => location.hash.slice(1);

const say = (text, way = {}) => {
  write("note", text);
  place("way").replaceChildren(element("a", { href: "/orders", textContent: "My Orders", ...way }));
};

// The first page has no worker yet, and its tickets would not be kept.
async function haveWorker() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/door-worker.js", { scope: "/door" });
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    setTimeout(resolve, CONTROL_MS);
  });
}

const usedOffline = () => JSON.parse(localStorage.getItem(USED) ?? "[]");
const remember = (ids) => localStorage.setItem(USED, JSON.stringify([...new Set(ids)]));

async function reportUsed() {
  for (const id of usedOffline()) {
    try {
      const { status } = await fetch(`/api/orders/${id}/used`, { method: "POST" });
      if (status >= 500 || status === 429) return;
    } catch {
      return; // Again at the next visit, or when the network is back.
    }
    remember(usedOffline().filter((other) => other !== id));
  }
}

const imageOf = (code) => code.image ?? `data:image/svg+xml,${encodeURIComponent(code.svg)}`;

function slide(code, index, count) {
  const item = element("li", {});
  const several = count > 1 ? `Ticket ${index + 1} of ${count}: ` : "";
  const alt = `${several}the code to scan${code.seat ? `, ${code.seat}` : ""}`;
  if (code.seat) item.append(element("p", { className: "seat", textContent: code.seat }));
  if (code.link) item.append(element("a", { className: "seat", href: code.link, textContent: "Open the ticket" }));
  else item.append(element("img", { src: imageOf(code), alt }));
  if (code.text) item.append(element("p", { className: "code-text", textContent: code.text }));
  return item;
}

const current = () => {
  const list = place("codes");
  return Math.round(list.scrollLeft / Math.max(1, list.clientWidth));
};

function showPosition() {
  const count = place("codes").children.length;
  write("position", `${current() + 1} of ${count}`);
  for (const button of document.querySelectorAll("[data-step]")) {
    const next = current() + Number(button.dataset.step);
    button.disabled = next < 0 || next >= count;
  }
}

function showUsed(isUsed) {
  place("tail").classList.toggle("torn", isUsed);
  reveal("enter", !isUsed);
  reveal("used", isUsed);
}

function showTicket(ticket) {
  document.title = ticket.title;
  for (const name of ["title", "when", "place"]) write(name, ticket[name]);
  write("number", `Order ${ticket.orderId}`);
  const count = ticket.codes.length;
  place("codes").replaceChildren(...ticket.codes.map((code, index) => slide(code, index, count)));
  reveal("codes", count > 0);
  reveal("steps", count > 1);
  reveal("tail", count > 0);
  write("enter", count > 1 ? "We are in" : "I am in");
  showUsed(Boolean(ticket.usedAt) || usedOffline().includes(orderId()));
  showPosition();
  const seen = new Date(ticket.readAt).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const kept = `Kept on this phone for when there is no network. As of ${seen}.`;
  const inApp = `It is in the ${ticket.issuer} app.`;
  say(ticket.issuer ? inApp : kept, { href: `/orders/${orderId()}`, textContent: "The order" });
  const isBrowserTab = !matchMedia("(display-mode: standalone)").matches;
  reveal("hint", isBrowserTab && matchMedia("(pointer: coarse)").matches);
  navigator.storage?.persist?.();
}

function showRefusal(status) {
  const id = orderId();
  if (status === 401) {
    const href = `/auth/signin?next=${encodeURIComponent(`/door#${id}`)}`;
    return say("Sign in, and your ticket is here again.", { href, textContent: "Sign In" });
  }
  const toOrder = { href: `/orders/${id}`, textContent: "Open it on the order's page" };
  if (status === 409) return say("This ticket is not opened yet.", toOrder);
  if (status < 500 && status !== 429) return say("This ticket is not yours, or no longer yours.");
  const again = { href: location.href, textContent: "Try again", onclick: () => location.reload() };
  return say("We can't reach the server right now.", again);
}

async function keptTickets() {
  if (!window.caches || !(await caches.has(TICKET_CACHE))) return [];
  const cache = await caches.open(TICKET_CACHE);
  const found = await Promise.all(
    (await cache.keys()).map(async ({ url }) => {
      const { title, when } = await (await cache.match(url, { ignoreVary: true })).json();
      return { href: `/door#${new URL(url).pathname.split("/")[3]}`, textContent: [title, when].join(", ") };
    }),
  );
  return found;
}

async function showKept() {
  const links = await keptTickets();
  place("kept").replaceChildren(
    ...links.map((link) => {
      const item = element("li", {});
      item.append(element("a", link));
      return item;
    }),
  );
  reveal("kept", links.length > 0);
  say(links.length ? "Kept on this phone." : "No tickets are kept on this phone. Open one under My Orders first.");
}

function clear() {
  for (const name of ["codes", "steps", "tail", "kept", "hint"]) reveal(name, false);
  for (const name of ["when", "place"]) write(name, "");
  write("title", "Your tickets");
  write("note", "One moment.");
}

async function show() {
  clear();
  await haveWorker().catch(() => {}); // Fails without a network; then it is registered already, or not at all.
  const id = orderId();
  if (!IS_ID.test(id)) return showKept();
  let response;
  try {
    response = await fetch(`/api/orders/${id}/door`, { signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    await showKept();
    return write("note", "There is no network, and this ticket was not opened on this phone before.");
  }
  // Another ticket may have been chosen meanwhile.
  if (orderId() !== id) return;
  if (!response.ok) return showRefusal(response.status);
  return showTicket(await response.json());
}

place("codes").addEventListener("scroll", showPosition);
document.querySelector('[data-door="steps"]').addEventListener("click", ({ target }) => {
  const list = place("codes");
  const step = Number(target.closest("[data-step]")?.dataset.step ?? 0);
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  list.scrollBy({ left: step * list.clientWidth, behavior });
});
place("enter").addEventListener("click", () => {
  remember([...usedOffline(), orderId()]);
  showUsed(true);
  reportUsed();
});

// Browsers cannot brighten a screen; they can keep it on.
const stayOn = () => {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
};
document.addEventListener("visibilitychange", stayOn);
addEventListener("online", reportUsed);
addEventListener("hashchange", show);
stayOn();
show().then(reportUsed);
