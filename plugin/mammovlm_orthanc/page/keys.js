// SPDX-License-Identifier: AGPL-3.0-or-later
// Which keys and clicks are meant for us: not those of somebody who types, holds a key or clicks twice.

import { byId } from './elements.js';

// An input method (Chinese, Japanese) has Enter, Escape and the arrows for itself; Safari says so by 229.
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

export const isInField = ({ target }) => target.isContentEditable || target.matches('input, textarea, select');

// Whether a key may be a shortcut of ours; what it does to a field is for the field to say.
export const isOurs = (event) =>
  !(event.ctrlKey || event.metaKey || event.altKey || isComposing(event) || byId('ask').open);

// The second half of a double click is no second wish: by then another button may stand there.
export const once = (action) => (event) => event.detail < 2 && action();

// Held down, Enter would press a button again and again.
document.addEventListener('keydown', (event) => {
  if (event.repeat && event.key === 'Enter' && event.target.closest('button')) event.preventDefault();
}, true);
