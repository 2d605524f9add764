// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes elements. Texts become text nodes and nothing else: what came with DICOM is never markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return node;
}

export const element = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

export const drawn = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

export const byId = (id) => document.getElementById(id);

// Puts new children into a section, only where they show something else than before. Whoever types
// or stands in it with the keyboard keeps their words and place, by the attribute data-place.
const at = (section, place) => section.querySelector(`[data-place="${CSS.escape(place)}"]`);
const shownBefore = new WeakMap();
export function show(section, facts, make) {
  const now = JSON.stringify(facts);
  if (shownBefore.get(section) === now) return;
  shownBefore.set(section, now);
  const active = section.contains(document.activeElement) ? document.activeElement : null;
  const chosen = active?.matches('input, textarea') ? [active.selectionStart, active.selectionEnd, active.selectionDirection] : null;
  const typed = [...section.querySelectorAll('input, textarea')].filter((field) => field.dataset.place && field.value);
  const children = make();
  section.hidden = children.length === 0;
  section.replaceChildren(...children.filter(Boolean));
  for (const { dataset, value } of typed) {
    const field = at(section, dataset.place);
    if (field) field.value = value;
  }
  const next = active?.dataset.place ? at(section, active.dataset.place) : null;
  next?.focus();
  if (chosen) next?.setSelectionRange(...chosen);
}

export const forget = (section) => shownBefore.delete(section);
