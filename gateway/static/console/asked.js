// Rings for what asks for this person by name and is no thread that waits: an SOS of a team, a thread that is offered.
import { ring } from "./sound.js";

const HEARD = "asked-heard"; // of this tab: a page that is opened later must not ring for the same again

function hear() {
  const here = [...document.querySelectorAll("#inbox [data-rings]")];
  const before = JSON.parse(sessionStorage.getItem(HEARD) ?? "null");
  sessionStorage.setItem(HEARD, JSON.stringify(here.map((each) => each.dataset.asked)));
  const fresh = before === null ? [] : here.filter((each) => !before.includes(each.dataset.asked));
  if (!fresh.length) return;
  const worst = fresh.find((each) => each.dataset.rings === "emergency") ?? fresh[0];
  ring(worst.dataset.rings);
  document.getElementById("said").textContent = worst.querySelector("a").textContent;
}

export function setUp() {
  hear();
  document.body.addEventListener("htmx:afterSettle", hear);
}
