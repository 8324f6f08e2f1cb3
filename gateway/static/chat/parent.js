// Talks with the page around the frame: only with an allowed one, and only ever to that one's own origin.

const allowed = new Set(
  document.querySelector('meta[name="front-door-parents"]').content.split(" ").concat(location.origin).filter(Boolean),
);
let parentOrigin = null;

export const framed = window.parent !== window;

export function listen(verbs) {
  window.addEventListener("message", (event) => {
    if (!framed || event.source !== window.parent || !allowed.has(event.origin)) return;
    const verb = event.data?.frontDoor;
    if (verb === undefined) return;
    parentOrigin = event.origin;
    if ({}.hasOwnProperty.call(verbs, verb)) verbs[verb](event.data);
  });
}

// Returns false when there is nobody to tell.
export function tell(verb, more = {}) {
  if (parentOrigin === null) return false;
  window.parent.postMessage({ frontDoor: verb, ...more }, parentOrigin);
  return true;
}
