// SPDX-License-Identifier: AGPL-3.0-or-later
// Who says something: asked once, and kept in this browser.

import { element } from './elements.js';
import { sentence } from './language.js';
import { say } from './server.js';

const KEY = 'mammovlm-reader';

export const reader = () => localStorage.getItem(KEY) ?? '';

export const signature = () => element('label', { class: 'signature' }, sentence('signature.title'),
  element('input', {
    type: 'text', maxlength: '64', autocomplete: 'name', class: 'reader', 'data-place': 'reader', value: reader(),
    placeholder: sentence('signature.hint'),
    oninput: (event) => {
      localStorage.setItem(KEY, event.target.value.trim());
      for (const other of document.querySelectorAll('input.reader')) {
        if (other !== event.target) other.value = event.target.value;
      }
    },
  }));

// Says whether somebody signed; if not, asks for it in this section.
export function isSigned(section) {
  if (reader()) return true;
  say(sentence('signature.first'));
  section.querySelector('input.reader')?.focus();
  return false;
}
