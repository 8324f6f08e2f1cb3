// Rings. Browsers allow sound only after a gesture, so a responder tests it once, at the start of a shift.
let context = null;
const HEARD = "sound-heard";

function tone(at, frequency, seconds) {
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.4, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}

const TUNES = {
  emergency: [880, 660, 880, 660, 880, 660],
  urgent: [740, 740, 740],
  routine: [520],
  none: [520],
  "not-live": [220, 180],
};

export function ring(kind) {
  document.body.dataset.lastRing = kind;
  if (!context || context.state !== "running") return false;
  (TUNES[kind] ?? TUNES.routine).forEach((frequency, place) => tone(context.currentTime + place * 0.22, frequency, 0.2));
  return true;
}

async function wake() {
  context ??= new AudioContext();
  if (context.state !== "running") await context.resume();
  showState();
  return context.state === "running";
}

function showState() {
  const bar = document.getElementById("sound");
  if (bar) bar.hidden = context?.state === "running" && sessionStorage.getItem(HEARD) !== null;
}

// Who tested the sound on their shift has begun it. Whoever is on no shift has nothing to begin: then nothing happens.
function begin() {
  const csrf_token = document.querySelector("input[name=csrf_token]")?.value ?? "";
  fetch("/console/shift/heard", {
    method: "POST",
    headers: { "X-Background": "1" },
    body: new URLSearchParams({ csrf_token }),
  })
    .then(() => window.htmx.trigger("#inbox", "read-this")) // which asks for the test
    .catch(() => {});
}

export function setUp() {
  document.getElementById("sound-test")?.addEventListener("click", async () => {
    if (!(await wake())) return;
    sessionStorage.setItem(HEARD, "1");
    ring("urgent");
    showState();
    begin();
  });
  // A sound that was tested before on this shift comes back with the first press on the next page: with the whole press,
  // for the bar goes away then, and what slips from under a finger half-way is not pressed at all.
  const again = () => {
    if (sessionStorage.getItem(HEARD) !== null) wake();
  };
  document.addEventListener("click", again, { once: true, capture: true });
  document.addEventListener("keydown", again, { once: true });
  showState();
}
