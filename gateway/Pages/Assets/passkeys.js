// Passkeys: what the browser's authenticator makes and signs goes to the API, and what the API refuses is said on the page.
'use strict';

// A passkey belongs to a host's name; browsers make none for an address.
const isPossible = 'PublicKeyCredential' in window && 'parseRequestOptionsFromJSON' in PublicKeyCredential
  && !/^[\d.]+$|:/.test(location.hostname);

const toText = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function call(path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CodeSigning-Request': 'page' },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

async function signIn(button) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await call('/auth/passkey/begin', {}));
  const { rawId, response } = await navigator.credentials.get({ publicKey });
  await call('/auth/passkey', {
    credentialId: toText(rawId),
    clientDataJson: toText(response.clientDataJSON),
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: response.userHandle && toText(response.userHandle),
  });
  location.assign(button.dataset.next);
}

async function add(form) {
  const { name, currentPassword, code } = Object.fromEntries(new FormData(form));
  const options = await call('/me/passkeys/begin', { currentPassword, code: code || null });
  const { rawId, response } = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  await call('/me/passkeys', {
    name,
    credentialId: toText(rawId),
    clientDataJson: toText(response.clientDataJSON),
    attestationObject: toText(response.attestationObject),
  });
  location.assign('/account?after=passkey');
}

// An authenticator that is cancelled or times out says NotAllowedError, and no more.
async function attempt(work, place) {
  const said = place.querySelector('[data-passkey-said]');
  said.hidden = true;
  try {
    await work();
  } catch (failure) {
    said.textContent = failure.name === 'NotAllowedError' ? 'The passkey was not used: try again.'
      : failure.name === 'InvalidStateError' ? 'This device has a passkey for you already.' : failure.message;
    said.hidden = false;
  }
}

document.querySelectorAll('[data-passkey]').forEach(place => {
  place.hidden = !isPossible;
  place.querySelector('[data-passkey-sign-in]')?.addEventListener('click', event => attempt(() => signIn(event.currentTarget), place));
});
document.querySelectorAll('form[data-passkey-add]').forEach(form => form.addEventListener('submit', event => {
  event.preventDefault();
  event.stopPropagation();
  attempt(() => add(form), form);
}));
