// Wakes when a push comes, shows it, and opens the thread that it is about. It fetches and keeps nothing.

const NAME = "Front Door";
const ICON = "/static/console/icon-192.png";
const HOME = "/console/";

function read(data) {
  try {
    const told = data.json();
    const ours = typeof told.to === "string" && new URL(told.to, self.location.origin);
    const inside = ours && ours.origin === self.location.origin && ours.pathname.startsWith(HOME);
    return {
      body: String(told.body ?? ""),
      language: told.language === "es" ? "es" : "en",
      to: inside ? ours.pathname : HOME,
      tag: String(told.tag ?? "page"),
    };
  } catch {
    return { body: "", language: "en", to: HOME, tag: "page" }; // a push must show something, or the browser ends it
  }
}

self.addEventListener("push", (event) => {
  const told = read(event.data);
  event.waitUntil(
    self.registration.showNotification(NAME, {
      body: told.body,
      lang: told.language,
      tag: told.tag,
      renotify: true,
      requireInteraction: true,
      icon: ICON,
      data: { to: told.to },
    }),
  );
});

async function open(to) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === to);
  return there ? there.focus() : self.clients.openWindow(to);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.to ?? HOME));
});

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
