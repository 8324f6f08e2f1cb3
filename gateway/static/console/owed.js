// What this page asked for and does not show yet. A stream that beats proves nothing of a reading that failed, or that
// nobody answered.
const LONGEST = 12000; // after so long an answer is not waited for any more
const owed = new Map();

// Its newest is owed since the first request that was not answered, however often it was asked for again.
export function begin(name, place = name) {
  const now = performance.now();
  owed.set(name, { since: owed.get(name)?.since ?? now, began: now, place });
}

export function fail(name) {
  if (owed.has(name)) owed.get(name).began = null;
}

export function end(name) {
  owed.delete(name);
}

// Nothing is owed to a place that is there no more: the screen was locked.
function all() {
  return [...owed.values()].filter(({ place }) => document.getElementById(place));
}

export function owedFor() {
  return performance.now() - Math.min(performance.now(), ...all().map(({ since }) => since));
}

export function isOnItsWay(name) {
  return Boolean(owed.get(name)?.began);
}

export function mustAskAgain() {
  return all().some(({ began }) => began === null || performance.now() - began > LONGEST);
}
