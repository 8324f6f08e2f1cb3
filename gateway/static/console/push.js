// The button "Ring this device": asks the browser for leave and for an address, and tells the server of it.

const box = document.getElementById("push-here");

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

function tell(state) {
  for (const line of box.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== state;
  box.querySelector("[data-do=ring]").hidden = state === "cannot" || state === "on";
  box.querySelector("[data-do=end]").hidden = state !== "on";
}

async function post(where, body) {
  const answer = await fetch(where, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": box.dataset.token },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

// Another key of the installation, or one of before: the browser keeps to the first until it is told to forget it.
const sameKey = (subscription) => {
  const had = subscription.options?.applicationServerKey;
  const wanted = bytes(box.dataset.key);
  return !had || (had.byteLength === wanted.length && new Uint8Array(had).every((one, at) => one === wanted[at]));
};

async function registration() {
  await navigator.serviceWorker.register(box.dataset.worker, { scope: "/console" });
  const found = await navigator.serviceWorker.getRegistration("/console");
  if (!found.active) await new Promise((done) => {
    const coming = found.installing ?? found.waiting;
    coming.addEventListener("statechange", () => coming.state === "activated" && done());
  });
  return found;
}

async function ring() {
  if ((await Notification.requestPermission()) !== "granted") return tell("denied");
  const worker = await registration();
  let subscription = await worker.pushManager.getSubscription();
  if (subscription && !sameKey(subscription)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await worker.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key),
  });
  await post(box.dataset.ring, subscription.toJSON());
  await worker.showNotification("Front Door", { body: box.dataset.shown, tag: "test" });
  tell("on");
}

async function end() {
  const worker = await navigator.serviceWorker.getRegistration("/console");
  const subscription = await worker?.pushManager.getSubscription();
  if (subscription) {
    await post(box.dataset.end, { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  tell("off");
}

async function look() {
  const worker = await navigator.serviceWorker.getRegistration("/console");
  const subscription = await worker?.pushManager.getSubscription();
  if (!subscription || !sameKey(subscription)) return tell("off");
  const { on } = await post(box.dataset.here, { endpoint: subscription.endpoint });
  return tell(on ? "on" : "off");
}

async function attempt(act) {
  const buttons = box.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  try {
    await act();
  } catch {
    tell("failed");
  }
  buttons.forEach((button) => (button.disabled = false));
}

if (box && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  box.querySelector("[data-do=ring]").addEventListener("click", () => attempt(ring));
  box.querySelector("[data-do=end]").addEventListener("click", () => attempt(end));
  attempt(look);
}
