// Every word that the widget itself shows, English and Spanish side by side. One entry is one line: a test reads them.

export const LANGUAGES = ["en", "es"];

export const WORDS = {
  frame_title: { en: "Chat: community help", es: "Chat: ayuda comunitaria" },
  launcher: { en: "Get help by chat", es: "Ayuda por chat" },
  other_language: { en: "Español", es: "English" },
  close: { en: "Close the chat", es: "Cerrar el chat" },
  urgent: { en: "Help right now", es: "Ayuda inmediata" },
  danger: { en: "Danger now", es: "Peligro ahora" },
  crisis: { en: "Crisis: call or text", es: "Crisis: marque 2" },
  leave: { en: "Leave quickly", es: "Salir rápido" },
  leave_hint: { en: "Leave quickly: opens another page and forgets this chat here", es: "Salir rápido: abre otra página y olvida este chat aquí" },
  log: { en: "Messages", es: "Mensajes" },
  welcome: { en: "Hello. Write to us in English or Spanish. A computer answers first. You can ask for a person at any time. You do not need to give your name.", es: "Hola. Escríbanos en español o en inglés. Primero responde una computadora. Puede pedir hablar con una persona en cualquier momento. No necesita dar su nombre." },
  privacy: { en: "This device forgets the chat when you close this tab or choose “Leave quickly”.", es: "Este dispositivo olvida el chat cuando usted cierra esta pestaña o elige «Salir rápido»." },
  input: { en: "Your message", es: "Su mensaje" },
  send: { en: "Send", es: "Enviar" },
  you: { en: "You", es: "Usted" },
  bot: { en: "Computer", es: "Computadora" },
  responder: { en: "{name}, a person", es: "{name}, una persona" },
  responder_unnamed: { en: "A person", es: "Una persona" },
  system: { en: "Automatic message", es: "Mensaje automático" },
  sending: { en: "Sending…", es: "Enviando…" },
  waiting: { en: "Not sent yet. Trying again.", es: "Todavía no se envió. Intentando de nuevo." },
  received: { en: "Received", es: "Recibido" },
  refused: { en: "This did not go through. Please change it and send it again, or call.", es: "Esto no se pudo enviar. Cámbielo y envíelo otra vez, o llame." },
  offline: { en: "No connection right now. What you write is kept here and goes out when the connection is back. You can still call.", es: "No hay conexión en este momento. Lo que escriba se guarda aquí y se envía cuando vuelva la conexión. Aún puede llamar." },
  slow: { en: "The answer is taking longer than usual. We have your message.", es: "La respuesta tarda más de lo normal. Tenemos su mensaje." },
  too_long: { en: "Please make it shorter by {count}.", es: "Acórtelo en {count}, por favor." },
  newer: { en: "New message below", es: "Mensaje nuevo abajo" },
  unread: { en: "New messages: {count}", es: "Mensajes nuevos: {count}" },
};

export function say(language, key, values = {}) {
  return WORDS[key][language].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function known(language) {
  return LANGUAGES.includes(language) ? language : null;
}
