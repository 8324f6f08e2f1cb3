// Cuts a text into plain pieces and the few things that may be followed: web addresses and numbers to call. Pure.

const PATTERN = /(?<url>https?:\/\/[^\s<>"'“”«»]+)|(?<phone>(?<![\w+-])(?:\+?1[-. ]?)?\(?[2-9]\d{2}\)?[-. ]\d{3}[-. ]\d{4}(?![\w-]))|(?<short>(?<![\w$#.,:/+-])(?:211|911|988)(?![\w-]|[.,:/]\d))/g;
const TRAILING = /[.,;:!?)\]}]+$/;

export function pieces(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(PATTERN)) {
    const { url, phone } = match.groups;
    const shown = url ? match[0].replace(TRAILING, "") : match[0];
    const href = url ? webAddress(shown) : `tel:${phone ? e164(phone) : shown}`;
    if (!href) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push({ text: shown, href });
    at = match.index + shown.length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}

function webAddress(text) {
  try {
    const url = new URL(text);
    // A name and password before the host is only ever used to make one host look like another.
    return ["http:", "https:"].includes(url.protocol) && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

function e164(phone) {
  const digits = phone.replace(/\D/g, "");
  return digits.length === 10 ? `+1${digits}` : `+${digits}`;
}
