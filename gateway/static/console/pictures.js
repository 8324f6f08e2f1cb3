// Pictures behind glass: hidden again by a button, by Escape, and whenever nobody looks at the page.
function hide(seen, focus) {
  const glass = seen.closest(".glass");
  seen.remove();
  if (focus) glass?.querySelector(".press button")?.focus();
}

function hideAll(focus) {
  document.querySelectorAll(".glass .seen").forEach((each) => hide(each, focus));
}

document.addEventListener("click", (event) => {
  const seen = event.target.closest(".hide-picture")?.closest(".seen");
  if (seen) hide(seen, true);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideAll(true);
});
// A phone put away, another tab in front: whoever comes back presses again. The lock takes the whole page away.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hideAll(false);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (!event.target.matches(".glass")) return;
  const shown = event.target.querySelectorAll(".seen");
  [...shown].slice(0, -1).forEach((each) => each.remove()); // pressed twice while the first was under way
  event.target.querySelector(".hide-picture").focus({ preventScroll: true });
});
