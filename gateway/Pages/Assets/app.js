// What pages cannot do without a script: open dialogs where a browser has no commands for them, copy values, and hand over
// a token that follows the # of an address, which no server sees.
'use strict';

const hasCommands = 'commandForElement' in HTMLButtonElement.prototype;

function runCommand(button) {
  const dialog = document.getElementById(button.getAttribute('commandfor'));
  if (button.getAttribute('command') === 'show-modal') dialog.showModal();
  if (button.getAttribute('command') === 'close') dialog.close();
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent;
  await navigator.clipboard.writeText(text);
  button.classList.add('copied');
  document.getElementById('said').textContent = 'Copied.';
  setTimeout(() => button.classList.remove('copied'), 1500);
}

function addStatus() {
  const said = document.createElement('p');
  said.id = 'said';
  said.className = 'visually-hidden';
  said.setAttribute('role', 'status');
  document.body.append(said);
}

document.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.copy) copy(button);
  if (!hasCommands && button.hasAttribute('commandfor')) runCommand(button);
});

// A second click would post the form twice.
document.addEventListener('submit', event => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = 'true';
});
addEventListener('pageshow', () => document.querySelectorAll('form').forEach(form => delete form.dataset.sent));

addStatus();
document.querySelectorAll('dialog[data-open]').forEach(dialog => dialog.showModal());
document.querySelectorAll('input[data-fragment]').forEach(input => {
  if (location.hash.length > 1) input.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
});
