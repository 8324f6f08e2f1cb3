// A photo: made small here, so that little is sent, and nothing of where and when it was taken. No device keeps it.

import { askJson, backoff, pause, soon, token } from "./api.js";
import { emit, language, note } from "./chat.js";
import { uuid } from "./outbox.js";

const LONGEST = 1600; // pixels
const QUALITY = 0.8;
const PATIENCE = 60_000;
const LONGEST_WAIT = 60; // seconds that a page asks its visitor to wait
const TRIES = 6;

export async function send(file) {
  const body = await small(file).catch(() => null);
  if (!body) return note("photo_unread");
  const entry = { id: uuid(), text: "", pictures: 1, time: new Date().toISOString() };
  const tell = (state, answer) => emit("beside", { entry, state, answer });
  tell();
  for (let tries = 1; ; tries += 1) {
    tell("sending");
    try {
      return tell("received", await sent(entry.id, body));
    } catch (failure) {
      const late = tries === TRIES || failure.after > LONGEST_WAIT;
      if (late || !failure.passing) return tell("refused");
      tell("waiting");
      await pause(Math.max(backoff(tries), (failure.after ?? 0) * 1000));
    }
  }
}

async function sent(id, body) {
  await token();
  const headers = { "X-Client-Id": id, "Content-Language": language() };
  return askJson("pictures", { method: "POST", body, headers, signal: soon(PATIENCE) });
}

async function small(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
