// SPDX-License-Identifier: AGPL-3.0-or-later
// The regions that the report marks: drawn over the views, told in words, switched on and off.

import { byId, drawn, element, show } from './elements.js';
import { has, sentence } from './language.js';
import { percent, viewName } from './wording.js';

const KEY = 'mammovlm-layers';

// "Region LCC 1" marks place 1 of the view LCC; a mosaic's second image is "Region LCC (2) 1".
const placeOf = (region) => {
  const [slot, ...rest] = region.title.replace(/^Region /, '').split(' ');
  return [viewName(slot), ...rest].join(' ');
};
const kindOf = (region) => (has(`kind.${region.kind_code}`) ? sentence(`kind.${region.kind_code}`) : region.kind || sentence('kind.none'));
const score = (value) => (value === null ? sentence('regions.no-score') : percent(value));
const scores = (region) => ({ evidence: score(region.evidence), suspicion: score(region.suspicion) });

export const inWords = (region) => sentence('regions.in-words', {
  kind: kindOf(region), breast: sentence(`breast.${has(`breast.${region.side}`) ? region.side : 'unknown'}`), view: placeOf(region), ...scores(region),
});

// The outlines over one picture. It fills the figure as the picture does: same box, same turns, and
// its pixels are those of the stored image, so an outline lies where the report says at any size.
export function outlines(image, regions, { isRight, turns }) {
  const own = regions.filter((region) => region.sop_instance_uid === image.sop_instance_uid);
  if (!own.length || !image.rows || !image.columns) return null;
  const chestWall = isRight !== image.is_mirrored ? 'xMax' : 'xMin';
  return drawn('svg', {
    class: `outlines ${turns}`, viewBox: `0 0 ${image.columns} ${image.rows}`, preserveAspectRatio: `${chestWall}YMid meet`,
  }, own.map((region) => drawn('g', {
    class: 'region', tabindex: '0', role: 'img', 'aria-label': inWords(region), 'data-title': region.title, 'data-place': region.title,
    onmouseenter: (event) => tell(event.currentTarget, region), onmouseleave: (event) => hush(event.currentTarget),
    onfocus: (event) => tell(event.currentTarget, region), onblur: (event) => hush(event.currentTarget),
  }, ['shadow', 'line'].map((each) => drawn('ellipse', { class: each, cx: region.column, cy: region.row, rx: region.column_radius, ry: region.row_radius })))));
}

const outlineOf = (title) => document.querySelector(`.region[data-title="${CSS.escape(title)}"]`);

function tell(outline, region) {
  outline.classList.add('lit');
  const place = outline.closest('figure').querySelector('.told');
  place.textContent = inWords(region);
  place.hidden = false;
}

function hush(outline) {
  if (outline.matches(':focus')) return;
  outline.classList.remove('lit');
  outline.closest('figure').querySelector('.told').hidden = true;
}

// The same regions as a list, so that nobody needs a mouse or good eyes to find them.
export function regionList({ report }, enlargeImage) {
  if (!report?.regions.length) return [];
  return [
    element('h2', {}, sentence('regions.title'), element('small', {}, sentence('regions.meaning'))),
    element('ul', { class: 'regions' }, report.regions.map((region) => {
      const light = (isLit) => (outlineOf(region.title) ? (isLit ? tell : hush)(outlineOf(region.title), region) : null);
      return element('li', {}, element('button', {
        type: 'button', 'data-place': `list ${region.title}`, onclick: () => enlargeImage(region.sop_instance_uid),
        onmouseenter: () => light(true), onmouseleave: () => light(false), onfocus: () => light(true), onblur: () => light(false),
      }, element('b', {}, placeOf(region)), ' ', kindOf(region), element('small', {}, sentence('regions.scores', scores(region)))));
    })),
  ];
}

const LAYERS = {
  regions: { key: 'm', isOn: true, count: ({ report }) => report?.regions.length ?? 0 },
  heat: { key: 'h', isOn: false, count: ({ images }) => images.filter((image) => image.heat_map).length },
};
const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
const isOn = (name) => kept[name] ?? LAYERS[name].isOn;

// Draws the switches; what a study does not have has none.
export function showSwitches(section, content) {
  const there = Object.entries(LAYERS).filter(([, layer]) => layer.count(content));
  show(section, there.map(([name, layer]) => [name, layer.count(content)]), () => there.map(([name, layer]) => element('button', {
    type: 'button', 'data-place': name, 'data-layer': name, 'aria-pressed': 'false', 'aria-keyshortcuts': layer.key, onclick: () => switchLayer(name),
  }, sentence(`layers.${name}`), element('kbd', {}, layer.key))));
  apply();
}

export function switchLayer(name) {
  if (!document.querySelector(`[data-layer="${name}"]`)) return;
  kept[name] = !isOn(name);
  localStorage.setItem(KEY, JSON.stringify(kept));
  apply();
}

function apply() {
  for (const name of Object.keys(LAYERS)) {
    byId('images').classList.toggle(`without-${name}`, !isOn(name));
    document.querySelector(`[data-layer="${name}"]`)?.setAttribute('aria-pressed', String(isOn(name)));
  }
  if (!isOn('heat')) return;
  for (const picture of document.querySelectorAll('img.heat:not([src])')) picture.src = picture.dataset.src;
}

export const layerOf = (key) => Object.keys(LAYERS).find((name) => LAYERS[name].key === key);
