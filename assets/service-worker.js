// Shows pushed notices and opens what they are about. It caches nothing.
const open = async (path) => {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = windows.find(({ url }) => new URL(url).pathname === path);
  return same ? same.focus() : clients.openWindow(path);
};

self.addEventListener("push", (event) => {
  const { title, path, tag } = event.data.json();
  const options = { tag, data: { path }, icon: "/icons/icon-192.png" };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});
