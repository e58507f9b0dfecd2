// @ts-check
/** What the service worker does of a push: show it, and lead to what it tells of. Imported by the worker; exports nothing. */

/** What is told; nothing where it cannot be read: a push that shows nothing costs the permission. @param {any} data */
function readable(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

self.addEventListener("push", (/** @type {any} */ event) => {
  const told = readable(event.data);
  const worker = /** @type {any} */ (self);
  event.waitUntil(
    worker.registration.showNotification(told.title || "Auzolan", {
      body: told.body || "",
      tag: told.tag,
      lang: told.lang,
      renotify: Boolean(told.tag),
      icon: "/static/icons/icon-192.png",
      data: { url: told.url || "/moi" },
    }),
  );
});

self.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url || "/moi", location.origin);
  if (target.origin === location.origin) event.waitUntil(/** @type {any} */ (self).clients.openWindow(target.href));
});
