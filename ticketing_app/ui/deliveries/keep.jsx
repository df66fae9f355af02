// Keeps opened tickets on this device before anyone goes to the page of the door (assets/door-worker.js), which then
// shows them without a network.
import { useEffect } from "react";

const CACHE = "door-tickets";
const LOST = [401, 403, 404, 410];

const keep = async (orderId) => {
  const path = `/api/orders/${orderId}/door`;
  const cache = await caches.open(CACHE);
  const response = await fetch(path);
  if (response.ok) await cache.put(path, response);
  else if (LOST.includes(response.status)) await cache.delete(path);
};

const keepAll = async (ids) => {
  if (!(navigator.serviceWorker && window.caches)) return;
  await navigator.serviceWorker.register("/door-worker.js", { scope: "/door" });
  for (const id of ids) await keep(id);
};

export function KeepTickets({ orderIds }) {
  const ids = orderIds.join(" ");
  useEffect(() => {
    // Without a network an older copy stays.
    if (ids) keepAll(ids.split(" ")).catch(() => {});
  }, [ids]);
  return null;
}
