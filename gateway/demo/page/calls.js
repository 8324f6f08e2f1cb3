// Calls on the phones: rings, shows what is said, and hands keys on. All words are set as text.

const ENDS = {
  completed: "The call is over. · La llamada terminó.",
  busy: "Declined. · Rechazada.",
  "no-answer": "Missed call. · Llamada perdida.",
  failed: "The call failed. · La llamada falló.",
  canceled: "The call was taken back. · Se canceló la llamada.",
};
const closed = new Set();

export async function post(path, order) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order),
  });
  return answer.json();
}

export function show(calls, phones) {
  const newest = new Map(calls.map((call) => [call.to, call]));
  for (const [number, phone] of phones) {
    const call = newest.get(number);
    let box = phone.section.querySelector(".call");
    if (!call || closed.has(call.sid)) {
      box?.remove();
      continue;
    }
    if (!box) {
      box = document.getElementById("call").content.firstElementChild.cloneNode(true);
      phone.section.insertBefore(box, phone.log);
    }
    fill(box, call, number);
  }
}

function fill(box, call, number) {
  const fresh = box.dataset.sid !== call.sid;
  box.dataset.sid = call.sid;
  box.setAttribute("aria-label", `Call to ${number}`);
  if (fresh) listen(box);
  box.querySelector(".ringing").hidden = call.status !== "ringing" && call.status !== "queued";
  const list = box.querySelector(".heard");
  if (list.children.length > call.heard.length) list.replaceChildren();
  for (const [language, words] of call.heard.slice(list.children.length)) {
    const line = document.createElement("li");
    line.lang = language;
    line.textContent = words;
    list.append(line);
  }
  const unreadable = call.readable ? "" : "An application error has occurred. · Ocurrió un error. ";
  box.querySelector(".after").textContent = call.over ? unreadable + (ENDS[call.status] || call.status) : "";
  const ringing = call.status === "ringing";
  box.querySelector("[data-act=answer]").disabled = !ringing;
  box.querySelector("[data-act=hang_up]").disabled = call.over;
  for (const key of box.querySelectorAll("[data-key]")) key.disabled = !call.asks;
  box.querySelector("[data-act=close]").hidden = !call.over;
}

function listen(box) {
  for (const button of box.querySelectorAll("button")) {
    button.onclick = async () => {
      const { act, key } = button.dataset;
      if (act === "close") {
        closed.add(box.dataset.sid);
        box.remove();
        return;
      }
      try {
        const answer = await post("/_standin/call", { sid: box.dataset.sid, act: act || "press", ...(key && { key }) });
        if (answer.error) box.querySelector(".after").textContent = answer.error;
      } catch {
        box.querySelector(".after").textContent = "The simulator does not answer. · El simulador no contesta.";
      }
    };
  }
}
