// A photo: made small here, so that little is sent, and nothing of where and when it was taken. No device keeps it.
// A file of its own, fetched by who chooses a photo: it is given what it needs of the page by writing.js.

const LONGEST = 1600; // pixels
const QUALITY = 0.8;
const PATIENCE = 60_000;
const LONGEST_WAIT = 60; // seconds that a page asks its visitor to wait
const TRIES = 6;

export async function send(page, file) {
  const body = await small(file).catch(() => null);
  if (!body) return page.note("photo_unread");
  const entry = { id: page.uuid(), text: "", pictures: 1, time: new Date().toISOString() };
  const tell = (state, answer) => page.emit("beside", { entry, state, answer });
  tell();
  for (let tries = 1; ; tries += 1) {
    tell("sending");
    try {
      return tell("received", await sent(page, entry.id, body));
    } catch (failure) {
      const late = tries === TRIES || failure.after > LONGEST_WAIT;
      if (late || !failure.passing) return tell("refused");
      tell("waiting");
      await page.pause(Math.max(page.backoff(tries), (failure.after ?? 0) * 1000));
    }
  }
}

async function sent({ ask, language, token }, id, body) {
  await token();
  const headers = { "X-Client-Id": id, "Content-Language": language() };
  const answer = await ask("pictures", { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
  return answer.json();
}

async function small(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
