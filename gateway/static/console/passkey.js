// Makes and shows passkeys: asks the server what to sign, the browser for the signature, and hands the answer back.

const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function post(form, where, body) {
  const answer = await fetch(where, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      "X-CSRFToken": form.elements.csrf_token.value,
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function make(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  publicKey.user = { ...options.user, id: bytes(options.user.id) };
  publicKey.excludeCredentials = known(options.excludeCredentials);
  const made = await navigator.credentials.create({ publicKey });
  const { response } = made;
  return {
    ...plain(made),
    response: {
      attestationObject: text(response.attestationObject),
      clientDataJSON: text(response.clientDataJSON),
      transports: response.getTransports?.() ?? [],
    },
  };
}

async function show(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  publicKey.allowCredentials = known(options.allowCredentials);
  const shown = await navigator.credentials.get({ publicKey });
  const { response } = shown;
  return {
    ...plain(shown),
    response: {
      authenticatorData: text(response.authenticatorData),
      clientDataJSON: text(response.clientDataJSON),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  };
}

function plain(credential) {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {} };
}

async function run(form) {
  const { token, options } = await post(form, form.dataset.options, {});
  const answer = form.dataset.passkey === "make" ? await make(options) : await show(options);
  const { to } = await post(form, form.dataset.answer, {
    token,
    answer,
    name: form.elements.name?.value ?? "",
    next: form.elements.next?.value ?? "",
  });
  location.assign(to);
}

if (window.PublicKeyCredential) {
  document.querySelectorAll(".no-passkeys").forEach((each) => (each.hidden = true));
  document.querySelectorAll("form.passkey").forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const [button, fault] = [form.querySelector("button"), form.querySelector("[role=alert]")];
      button.disabled = true;
      fault.hidden = true;
      try {
        await run(form);
      } catch {
        fault.hidden = false;
      }
      button.disabled = false;
    });
  });
}
