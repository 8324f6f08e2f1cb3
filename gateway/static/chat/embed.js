// The one line on a town's page: a button in the corner that opens the chat in a frame of its own origin.
// It reads nothing of the page around it, sets no cookie and calls nobody but the place it came from.

import { Escapes, WITHIN } from "./escapes.js";
import { LOOK } from "./look.js";
import { known, say } from "./words.js";

(() => {
  const script = document.currentScript;
  if (!script || customElements.get("front-door-chat")) return;
  const home = new URL(".", script.src);
  const asked = (script.dataset.language ?? document.documentElement.lang).slice(0, 2);
  const OPEN = "front-door-open";

  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset: auto; ${LOOK.side}: 0; bottom: 0; color-scheme: light dark; }
    button {
      position: fixed; ${LOOK.side}: max(16px, env(safe-area-inset-${LOOK.side})); bottom: max(${LOOK.bottom}px, env(safe-area-inset-bottom));
      display: flex; align-items: center; gap: 10px; min-height: 56px; padding: 0 22px 0 18px; border: 2px solid #fff;
      border-radius: 28px; background: ${LOOK.light}; color: #fff; box-shadow: 0 4px 18px rgb(0 0 0 / .28); cursor: pointer;
      font: 600 17px/1.2 system-ui, sans-serif;
    }
    button:hover { background: ${LOOK.deep}; }
    button:focus-visible { outline: 3px solid ${LOOK.light}; outline-offset: 3px; }
    svg { flex: none; width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
    .news { min-width: 24px; padding: 2px 6px; box-sizing: border-box; border-radius: 12px; background: #fff; color: #8a1c1c; font-size: 14px; }
    .panel {
      position: fixed; ${LOOK.side}: 16px; bottom: 16px; width: 400px; height: min(680px, calc(100dvh - 32px)); overflow: hidden;
      border-radius: 16px; box-shadow: 0 10px 40px rgb(0 0 0 / .35); background: #fff;
    }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    [hidden] { display: none !important; }
    @media (max-width: 520px), (max-height: 480px) {
      .panel { inset: 0; width: 100%; height: 100%; border-radius: 0; }
    }
    @media (prefers-color-scheme: dark) { .panel { background: #14191c; } button:focus-visible { outline-color: ${LOOK.dark}; } }
    @media print { :host { display: none; } }
  `;

  class FrontDoorChat extends HTMLElement {
    #language = known(asked) ?? "en";
    #button = document.createElement("button");
    #label = document.createElement("span");
    #news = document.createElement("span");
    #panel = document.createElement("div");
    #frame = null;
    #keys = null;
    #escapes = new Escapes();

    constructor() {
      super();
      const shadow = this.attachShadow({ mode: "open" });
      this.#button.type = "button";
      this.#button.setAttribute("aria-expanded", "false");
      this.#button.append(bubble(), this.#label, this.#news);
      this.#button.addEventListener("click", () => this.open(true));
      this.#news.className = "news";
      this.#panel.className = "panel";
      this.#panel.hidden = true;
      shadow.append(this.#button, this.#panel);
      dress(shadow);
      this.#say();
      this.#count(0);
    }

    connectedCallback() {
      window.addEventListener("message", (event) => this.#hear(event));
      if (remembered()) this.open(false);
    }

    open(focus) {
      this.#panel.hidden = false;
      this.#button.hidden = true;
      this.#button.setAttribute("aria-expanded", "true");
      this.#count(0);
      remember(true);
      this.#listen();
      if (this.#frame) return this.#opened(focus);
      this.#frame = document.createElement("iframe");
      this.#frame.title = say(this.#language, "frame_title");
      this.#frame.referrerPolicy = "no-referrer";
      this.#frame.addEventListener("load", () => this.#opened(focus), { once: true });
      const address = new URL(LOOK.frame, home);
      address.searchParams.set("language", this.#language);
      this.#frame.src = address.href;
      this.#panel.append(this.#frame);
    }

    close() {
      this.#panel.hidden = true;
      this.#button.hidden = false;
      this.#button.setAttribute("aria-expanded", "false");
      remember(false);
      this.#keys.abort();
      this.#tell("closed");
      this.#button.focus();
    }

    #opened(focus) {
      if (focus) this.#frame.focus();
      this.#tell("opened", { focus });
    }

    #tell(verb, more = {}) {
      this.#frame?.contentWindow?.postMessage({ frontDoor: verb, ...more }, home.origin);
    }

    #hear(event) {
      if (event.origin !== home.origin || !this.#frame || event.source !== this.#frame.contentWindow) return;
      const { frontDoor: verb, count, language, away } = event.data ?? {};
      if (verb === "close") this.#shut(event.data);
      else if (verb === "unread") this.#count(Number(count) || 0);
      else if (verb === "language") this.#say(known(language) ?? this.#language);
      else if (verb === "leave") this.#leave(away);
    }

    // The next Esc may reach the frame as well, before this page has heard of the first.
    #shut({ escape, away }) {
      if (!this.#panel.hidden) this.close();
      if (!escape) return;
      this.#listen(away);
      const keys = this.#keys;
      setTimeout(() => keys.abort(), WITHIN);
      this.#press(away);
    }

    // Three presses of Esc on the page around the chat leave as well, while it is open and for two seconds after an Esc
    // that closed it: who leaves in a hurry keeps pressing. At no other time are the page's own keys listened to.
    #listen(away) {
      this.#keys?.abort();
      this.#keys = new AbortController();
      const { signal } = this.#keys;
      const press = (event) => event.key === "Escape" && !event.repeat && this.#press(away);
      window.addEventListener("keydown", press, { capture: true, signal });
    }

    #press(away) {
      if (this.#escapes.press(Date.now()) !== "leave") return;
      this.#keys.abort();
      hide();
      this.#tell("leave"); // it forgets what it kept and asks to leave; one that does not is not waited for
      setTimeout(() => this.#leave(away), 150);
    }

    #leave(away) {
      remember(false);
      if (typeof away !== "string" || !away.startsWith("https://")) return;
      hide();
      location.replace(away);
    }

    #say(language = this.#language) {
      this.#language = language;
      this.lang = language;
      this.#label.textContent = say(language, "launcher");
      if (this.#frame) this.#frame.title = say(language, "frame_title");
    }

    #count(count) {
      this.#news.hidden = count === 0;
      this.#news.textContent = String(count);
      if (count) this.#news.setAttribute("aria-label", say(this.#language, "unread", { count }));
    }
  }

  // Until the next page is there, and when there is no connection to fetch it.
  function hide() {
    document.body.hidden = true;
    document.title = "";
  }

  function dress(shadow) {
    if (shadow.adoptedStyleSheets) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      shadow.adoptedStyleSheets = [sheet];
    } else {
      const style = document.createElement("style"); // Safari before 16.4
      style.textContent = STYLE;
      shadow.prepend(style);
    }
  }

  function bubble() {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    const path = document.createElementNS(space, "path");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", "M4 4h16v12H10l-5 4v-4H4z");
    picture.append(path);
    return picture;
  }

  // Only whether the chat stands open, so that it does after the next click on the town's page too.
  function remember(open) {
    try {
      if (open) sessionStorage.setItem(OPEN, "1");
      else sessionStorage.removeItem(OPEN);
    } catch {
      // The page may not keep anything: the chat then waits behind its button.
    }
  }

  function remembered() {
    try {
      return sessionStorage.getItem(OPEN) === "1";
    } catch {
      return false;
    }
  }

  function place() {
    customElements.define("front-door-chat", FrontDoorChat);
    document.body.append(new FrontDoorChat());
  }

  // A script in the head that the browser has already runs before there is a body.
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place, { once: true });
})();
