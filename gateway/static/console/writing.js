// Signs beside a web chat: says that the owner writes, shows whether the resident does and whether their page is open.
const EVERY = 3000; // ms; a sign lasts twice as long

const byId = (id) => document.getElementById(id);
let told = -EVERY;

function put(id, words) {
  const place = byId(id);
  if (place.textContent !== words) place.textContent = words; // the same again would be read out again
}

async function look() {
  if (document.hidden || !byId("locked").hidden || !byId("signs")) return;
  try {
    const answer = await fetch(byId("signs").dataset.look, { headers: { "X-Background": "1" } });
    const { writing, seen } = answer.ok ? await answer.json() : { writing: "", seen: "" };
    put("signs-writing", writing);
    put("signs-seen", seen);
  } catch {
    put("signs-writing", "");
    put("signs-seen", "");
  }
}

function tell() {
  if (!byId("text").value.trim() || performance.now() - told < EVERY) return;
  told = performance.now();
  const body = new URLSearchParams({ csrf_token: byId("reply").elements.csrf_token.value });
  fetch(byId("signs").dataset.tell, { method: "POST", body }).catch(() => {}); // a sign that is lost is followed by another
}

export function setUp() {
  if (!byId("signs")) return;
  byId("text").addEventListener("input", tell);
  byId("reply").addEventListener("submit", () => (told = -EVERY));
  look();
  setInterval(look, EVERY);
}
