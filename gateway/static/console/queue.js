// The queue's filters, kept in this browser for whoever uses it.
const form = document.getElementById("filter-form");
const KEY = "queue-filters";

function query() {
  const given = new FormData(form);
  const set = [...given.entries()].filter(([, value]) => value);
  return new URLSearchParams(set).toString();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = query();
  sessionStorage.setItem(KEY, wanted);
  location.assign(wanted ? `${form.action}?${wanted}` : form.action);
});
// The way back to everything says so itself: the link is drawn anew with each change, also before this script runs.
const kept = sessionStorage.getItem(KEY);
if (new URLSearchParams(location.search).has("all")) {
  sessionStorage.removeItem(KEY);
  history.replaceState(null, "", form.action);
} else if (kept && !location.search) location.replace(`${form.action}?${kept}`);
