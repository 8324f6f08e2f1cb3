// Reads the board anew: soon after something changed, and now and then for what no stream tells (who is there, a wait
// that grows too long).
const SOON = 1500; // changes that follow each other are read together
const EVERY = 10000;
const LONGEST_PRESS = 1500;
let readAt = -SOON;
let waiting = null;
let pressedUntil = 0;

// What is under a finger stays there until the finger is gone (live.js stops what is on its way then).
function read() {
  if (performance.now() < pressedUntil) {
    waiting = setTimeout(read, 200);
    return;
  }
  waiting = null;
  readAt = performance.now();
  const board = document.getElementById("board");
  if (!board) return; // locked
  window.htmx.trigger(board, "htmx:abort");
  window.htmx.trigger(board, "read-this");
}

function soon() {
  if (waiting) return;
  waiting = setTimeout(read, Math.max(0, readAt + SOON - performance.now()));
}

const press = (milliseconds) => () => (pressedUntil = performance.now() + milliseconds);
document.addEventListener("pointerdown", press(LONGEST_PRESS), true);
document.addEventListener("pointerup", press(100), true);
document.addEventListener("pointercancel", press(100), true);
document.body.addEventListener("live-change", soon);
setInterval(() => {
  if (document.visibilityState === "visible") soon();
}, EVERY);
