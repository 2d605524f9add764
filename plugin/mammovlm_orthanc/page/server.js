// SPDX-License-Identifier: AGPL-3.0-or-later
// Asks the plugin, and keeps asking: the page follows what happens without being loaded again.

import { byId, element } from './elements.js';
import { sentence } from './language.js';

const WAITING_MS = 2000;
const AFTER_ERROR_MS = 5000;
const LONGEST_ANSWER_MS = 30_000;

export class Refused extends Error {}

// Whether it was done is not known.
class NoAnswer extends Error {}

export async function post(path, content = {}) {
  const answer = await fetch(`/mammovlm/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-MammoVLM-Page': '1' },
    body: JSON.stringify(content),
    signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
  });
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(`${said?.error ?? answer.statusText} ${said?.do ?? ''}`.trim());
  if (!said) throw new NoAnswer();
  return said;
}

// Calls `take` with every new content of what `address()` gives; returns a function that asks now.
export function follow(address, take) {
  let entityTag = '';
  let asked = '';
  let timer = 0;
  let turn = 0;

  async function look() {
    clearTimeout(timer);
    const mine = ++turn;
    let wait = WAITING_MS;
    try {
      const path = address();
      const known = path === asked && entityTag ? { 'If-None-Match': entityTag } : {};
      const answer = await fetch(path, { headers: known, cache: 'no-store' });
      if (mine !== turn) return;
      if (answer.status !== 304) {
        const content = await answer.json();
        if (mine !== turn) return;
        if (!answer.ok) throw new Refused(`${content.error} ${content.do}`);
        entityTag = answer.headers.get('ETag') ?? '';
        asked = path;
        take(content);
      }
      connection('');
    } catch (error) {
      if (mine !== turn) return;
      wait = AFTER_ERROR_MS;
      connection(error instanceof Refused ? error.message : sentence('page.no-connection'));
    }
    if (!document.hidden) timer = setTimeout(look, wait);
  }

  document.addEventListener('visibilitychange', () => document.hidden || look());
  look();
  return look;
}

function connection(text) {
  const place = byId('connection');
  if (place.textContent !== text) place.textContent = text;
}

let silence = 0;
export function say(text) {
  clearTimeout(silence);
  byId('said').textContent = text;
  silence = setTimeout(() => { byId('said').textContent = ''; }, 8000);
}

// Does something that the plugin may refuse, and says what came of it; one thing at a time.
let isBusy = false;
export async function attempt(action, done) {
  if (isBusy) {
    say(sentence('page.busy'));
    return false;
  }
  isBusy = true;
  try {
    await action();
    say(done);
    return true;
  } catch (error) {
    say(error instanceof Refused ? error.message : sentence(isUnknown(error) ? 'page.no-answer' : 'page.nothing-changed'));
    return false;
  } finally {
    isBusy = false;
  }
}

const isUnknown = (error) => error instanceof NoAnswer || error.name === 'TimeoutError';

// Asks with a dialog; gives the value of the button that was pressed, "" for none.
export function ask(title, text, choices) {
  const dialog = byId('ask');
  const buttons = choices.map(([value, label], place) =>
    element('button', { value, autofocus: place === 0, class: place === 0 ? 'main' : '' }, label));
  dialog.replaceChildren(
    element('form', { method: 'dialog' },
      element('h2', { id: 'ask-title' }, title), element('p', {}, text),
      element('div', { class: 'buttons' }, buttons, element('button', { value: '' }, sentence('page.cancel')))));
  // A form's own submission is forbidden by the page's policy, so the buttons close the dialog.
  dialog.returnValue = '';
  return new Promise((resolve) => {
    dialog.onclick = (event) => {
      if (event.target.tagName === 'BUTTON') { event.preventDefault(); if (event.detail < 2) dialog.close(event.target.value); }
    };
    dialog.onclose = () => resolve(dialog.returnValue);
    dialog.showModal();
  });
}

export async function runAgain(study, name) {
  const choice = await ask(sentence('again.title'), sentence('again.text', { name: name || sentence('again.this') }),
    [['normal', sentence('page.again')], ['urgent', sentence('again.urgent')]]);
  if (!choice) return;
  await attempt(() => post(`studies/${study}/analyze`, { priority: choice }), sentence('again.done'));
}

export const makeUrgent = (study) =>
  attempt(() => post(`studies/${study}/urgent`), sentence('urgent.done'));
