// What pages cannot do without a script: open dialogs where a browser has no commands for them, copy values, show that long
// work goes on and how far it is, cancel it, and hand over a token that follows the # of an address, which no server sees.
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

const downloads = new Map();

// Where a browser runs no script, it downloads from the form's address by itself.
async function download(form) {
  const [wait, progress, failed] = ['wait', 'progress', 'failed'].map(name => form.querySelector(`[data-${name}]`));
  const abort = new AbortController();
  downloads.set(form, abort);
  failed.hidden = true;
  progress.textContent = 'Exporting…';
  try {
    const answer = await ask(form, abort.signal);
    if (answer.headers.get('Content-Type').startsWith('application/problem+json')) throw new Error((await answer.json()).detail);
    if (!answer.headers.has('Content-Disposition')) return form.submit(); // The page shows what it refuses.
    const file = await receive(answer, lines => progress.textContent = `${lines.toLocaleString('en')} lines so far…`);
    save(file, answer.headers.get('Content-Disposition').match(/filename="([^"]+)"/)[1]);
    document.getElementById('said').textContent = 'Downloaded.';
  } catch (error) {
    failed.textContent = `The export ended early: ${error.message}`;
    failed.hidden = error.name === 'AbortError';
  } finally {
    downloads.delete(form);
    delete form.dataset.sent;
    wait.hidden = true;
  }
}

function ask(form, signal) {
  const fields = new URLSearchParams(new FormData(form));
  return form.method === 'post' ? fetch(form.action, { method: 'POST', body: fields, signal }) : fetch(`${form.action}?${fields}`, { signal });
}

// A blob need not stay in memory, as what a script holds must.
async function receive(answer, tell) {
  const most = 8 * 1024 * 1024;
  const reader = answer.body.getReader();
  let [blobs, pending, bytes, lines] = [[], [], 0, 0];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const byte of part.value) if (byte === 10) lines++;
    tell(lines);
    pending.push(part.value);
    bytes += part.value.length;
    if (bytes > most) [blobs, pending, bytes] = [[...blobs, new Blob(pending)], [], 0];
  }
  return new Blob([...blobs, ...pending]);
}

function save(file, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// The server cancels the work when the browser gives up waiting for it.
function cancel(form) {
  if (downloads.has(form)) downloads.get(form).abort();
  else stop();
  delete form.dataset.sent;
  form.querySelector('[data-wait]').hidden = true;
  document.getElementById('said').textContent = 'Cancelled.';
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
  if ('stop' in button.dataset) cancel(button.form);
  if (!hasCommands && button.hasAttribute('commandfor')) runCommand(button);
});

// A second click would post the form twice.
document.addEventListener('submit', event => {
  const form = event.target;
  const isSecond = form.dataset.sent;
  if (isSecond || 'download' in form.dataset) event.preventDefault();
  form.dataset.sent = 'true';
  const wait = form.querySelector('[data-wait]');
  if (wait) wait.hidden = false;
  if ('download' in form.dataset && !isSecond) download(form);
});
addEventListener('pageshow', () => document.querySelectorAll('form').forEach(form => delete form.dataset.sent));

// A form of several steps: one is shown, and the next once its fields are filled in.
function addSteps(form) {
  const line = form.querySelector('.wizard-line');
  const steps = [...form.querySelectorAll('[data-step]')];
  const [back, next, last] = ['back', 'next', 'last'].map(name => form.querySelector(`[data-step-${name}]`));
  let current = 0;
  const isFilled = step => [...step.querySelectorAll('input, select, textarea')].every(field => field.reportValidity());
  const show = to => {
    current = to;
    steps.forEach((step, index) => step.hidden = index !== to);
    line.querySelectorAll('button').forEach((button, index) => {
      if (index === to) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    });
    back.hidden = to === 0;
    next.hidden = to === steps.length - 1;
    last.hidden = !next.hidden;
  };
  const go = to => {
    if (to > current && !isFilled(steps[current])) return;
    show(to);
    steps[to].querySelector('input, select, textarea').focus();
  };
  line.hidden = false;
  line.addEventListener('click', event => event.target.dataset.stepTo && go(Number(event.target.dataset.stepTo)));
  back.addEventListener('click', () => go(current - 1));
  next.addEventListener('click', () => go(current + 1));
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && event.target.matches('input') && !next.hidden) { event.preventDefault(); go(current + 1); }
  });
  show(Number(line.dataset.start));
}

addStatus();
document.querySelectorAll('form.wizard').forEach(addSteps);
document.querySelectorAll('dialog[data-open]').forEach(dialog => dialog.showModal());
document.querySelectorAll('input[data-fragment]').forEach(input => {
  if (location.hash.length > 1) input.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
});
