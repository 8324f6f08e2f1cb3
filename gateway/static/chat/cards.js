// Draws a list of services as cards: the words before it, one card for each, the words after. Only ever as text.

import { pieces } from "./links.js";

const BLANK_LINE = /\n{2,}/;

// `tools.made` makes an element, `tools.link` one to follow, `tools.fill` puts the words of the present language in.
export function cards(message, tools) {
  const parts = message.text.split(BLANK_LINE);
  const body = tools.made("div", "text listed");
  const list = tools.made("ol", "cards");
  list.append(...message.services.map((service) => card(service, tools)));
  body.append(words(parts[0], tools), list, words(parts[parts.length - 1], tools));
  return body;
}

function card(service, tools) {
  const item = tools.made("li", "card");
  item.value = service.number;
  const name = tools.made("b", "");
  name.textContent = `${service.number}) ${service.name}`;
  item.append(name);
  const lines = [service.where, service.hours, service.text, service.unknown, service.checked];
  item.append(...lines.filter(Boolean).map((line) => words(line, tools)));
  const ways = tools.made("p", "ways");
  ways.append(...actions(service, tools), ...["save_copy", "print_copy"].map((word) => copy(word, service.name, tools)));
  item.append(ways);
  return item;
}

function* actions(service, tools) {
  const dialled = service.phone && pieces(service.phone).find((piece) => piece.href?.startsWith("tel:"));
  if (dialled) yield action(dialled.href, "card_call", service.phone, tools);
  else if (service.phone) yield words(service.phone, tools);
  if (service.note) yield words(service.note, tools);
  if (followed(service.map)) yield action(service.map, "card_map", service.name, tools);
  if (followed(service.url)) yield action(service.url, "card_web", service.name, tools);
}

// The same care with addresses as in any text.
function followed(address) {
  return address && pieces(address).some((piece) => piece.href && piece.text === address);
}

function action(href, word, name, tools) {
  const link = tools.link({ text: "", href });
  link.dataset.word = word;
  link.dataset.name = name;
  link.dataset.ours = 1; // inside words in the language of the message
  tools.fill(link);
  return link;
}

// options.js hears them. They are no part of what is kept.
function copy(word, name, tools) {
  const button = tools.made("button", "quiet");
  Object.assign(button.dataset, { word, wordLabel: word, name, ours: 1 });
  tools.fill(button);
  return button;
}

function words(text, tools) {
  const line = tools.made("span", "line");
  line.textContent = text;
  return line;
}
