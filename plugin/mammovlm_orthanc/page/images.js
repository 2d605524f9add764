// SPDX-License-Identifier: AGPL-3.0-or-later
// The views as they hang: right breast at the left, chest walls facing each other.

import { byId, element, show } from './elements.js';
import { sentence } from './language.js';
import { outlines } from './regions.js';
import { percent, SLOTS, viewName } from './wording.js';

const PIXELS = 1200;

export function showImages(section, { images, report, status }) {
  show(section, [images, report?.views, report?.regions, status.missing], () => {
    const mosaic = images.length > SLOTS.length;
    const figures = images.map((image) => figure(image, report));
    const empty = mosaic ? [] : SLOTS.filter((slot) => !images.some((image) => image.slot === slot)).map(missing);
    return [...figures, ...empty];
  });
}

function figure(image, report) {
  const view = report?.views.find((each) => each.sop_instance_uid === image.sop_instance_uid);
  const turns = [image.is_mirrored && 'mirrored', image.is_upside_down && 'upside-down'].filter(Boolean).join(' ');
  const words = viewName(image.slot);
  return element('figure', { class: `${image.slot} ${side(image.slot)}`, 'data-slot': image.slot, 'data-uid': image.sop_instance_uid },
    element('button', { type: 'button', class: 'picture', 'aria-label': sentence('image.enlarge', { view: words }), 'aria-pressed': 'false', 'data-place': image.orthanc_id, onclick: (event) => toggle(event.currentTarget.parentNode) },
      element('img', { src: rendered(image.orthanc_id), alt: sentence('image.view', { view: words }), class: turns, decoding: 'async', onload: (event) => drawnNow(event.currentTarget) }),
      image.heat_map ? element('img', { 'data-src': rendered(image.heat_map), alt: sentence('image.heat', { view: words }), class: `heat ${turns}`, decoding: 'async' }) : null),
    outlines(image, report?.regions ?? [], { isRight: side(image.slot) === 'right', turns }),
    element('p', { class: 'told', 'aria-hidden': 'true', hidden: true }),
    element('figcaption', {}, element('b', {}, words), view ? captions(view) : null));
}

// Outlines wait for their picture: over a black box they would say nothing, or something wrong.
const drawnNow = (picture) => picture.decode().then(() => picture.closest('figure').classList.add('drawn'), () => {});

const rendered = (id) => `/instances/${id}/rendered?width=${PIXELS}&height=${PIXELS}`;

const captions = (view) => [
  view.expert ? element('span', { title: sentence('image.expert-meaning') }, sentence('image.expert', { expert: view.expert })) : null,
  view.density ? element('span', {}, sentence('image.density', { category: view.density }), view.certainty === null ? '' : ` ${percent(view.certainty)}`) : null,
  view.suspicion === null ? null : element('span', { title: sentence('image.suspicion-meaning') }, sentence('image.suspicion', { value: percent(view.suspicion) })),
];

const side = (slot) => (slot[0] === 'R' ? 'right' : 'left');

const missing = (slot) => element('figure', { class: `${slot} ${side(slot)} missing`, 'data-slot': slot },
  element('figcaption', {}, element('b', {}, viewName(slot)), element('span', {}, sentence('image.none'))));

function toggle(chosen) {
  const section = byId('images');
  const isLarge = chosen.classList.contains('large');
  for (const each of section.children) {
    const large = each === chosen && !isLarge;
    each.classList.toggle('large', large);
    each.querySelector('.picture')?.setAttribute('aria-pressed', String(large));
  }
  section.classList.toggle('one', !isLarge);
}

// Enlarges the view at this place in hanging order; null shows all.
export function enlarge(place) {
  const section = byId('images');
  const large = section.querySelector('.large');
  const slot = SLOTS[place];
  const wanted = place === null ? large : section.querySelector(`[data-slot="${slot}"]:not(.missing)`);
  if (wanted) toggle(wanted);
}

export function enlargeImage(uid) {
  const wanted = byId('images').querySelector(`[data-uid="${CSS.escape(uid)}"]`);
  if (wanted && !wanted.classList.contains('large')) toggle(wanted);
}
