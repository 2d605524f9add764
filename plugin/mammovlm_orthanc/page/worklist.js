// SPDX-License-Identifier: AGPL-3.0-or-later
// The worklist: rows that follow the plugin, search, filter, and everything by keyboard.

import { byId, element } from './elements.js';
import { isInField, isOurs } from './keys.js';
import { listed, named, sentence } from './language.js';
import { follow, makeUrgent, runAgain } from './server.js';
import {
  dicomDate, duration, FINAL, insteadOfReport, interval, percent, personName, secondsSince, setClock, STATES, STEPS, total, viewName,
} from './wording.js';

const GROUPS = [
  ['all', STATES],
  ['waiting', ['receiving', 'ready', 'queued']],
  ['running', ['running']],
  ['done', ['done', 'partial']],
  ['trouble', ['rejected', 'failed']],
];
const TYPING_MS = 250;
const HELD_DOWN = new Set(['ArrowDown', 'ArrowUp']);
const NOTHING = '–';

const rows = new Map();
const parameters = new URLSearchParams(location.search);
let group = GROUPS.find(([name]) => name === parameters.get('show')) ?? GROUPS[0];
byId('search').value = parameters.get('q') ?? '';

function address() {
  const query = new URLSearchParams();
  if (group[0] !== 'all') query.set('state', group[1].join(','));
  const words = byId('search').value.trim();
  if (words) query.set('q', words);
  return `/mammovlm/worklist?${query}`;
}

function remember() {
  const query = new URLSearchParams();
  if (group[0] !== 'all') query.set('show', group[0]);
  if (byId('search').value.trim()) query.set('q', byId('search').value.trim());
  history.replaceState(null, '', query.size ? `/mammovlm/?${query}` : '/mammovlm/');
}

function take(content) {
  setClock(content.now);
  byId('ohif').hidden = !content.has_viewer;
  showChips(content.counts);
  const body = byId('studies');
  const wanted = new Set(content.studies.map((study) => study.orthanc_study_id));
  for (const [id, row] of rows) {
    if (!wanted.has(id)) { row.node.remove(); rows.delete(id); }
  }
  content.studies.forEach((study, place) => {
    const node = rowOf(study);
    if (body.children[place] !== node) body.insertBefore(node, body.children[place] ?? null);
  });
  oneTabStop();
  byId('note').textContent = note(content);
}

function note(content) {
  if (content.studies.length < content.total) {
    return sentence('worklist.part', { shown: content.studies.length, total: content.total });
  }
  if (content.total) return '';
  return byId('search').value.trim() || group[0] !== 'all'
    ? sentence('worklist.none-fits')
    : sentence('worklist.none-yet');
}

function showChips(counts) {
  const count = (states) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const chips = byId('states');
  if (!chips.children.length) {
    chips.append(...GROUPS.map((each) => element('button', {
      type: 'button',
      'data-show': each[0],
      onclick: () => { group = each; remember(); lookNow(); },
    }, sentence(`worklist.show.${each[0]}`), ' ', element('span', { class: 'count' }))));
  }
  GROUPS.forEach((each, place) => {
    chips.children[place].setAttribute('aria-pressed', String(each === group));
    chips.children[place].lastChild.textContent = String(count(each[1]));
  });
}

function rowOf(study) {
  const now = JSON.stringify(study);
  const known = rows.get(study.orthanc_study_id);
  if (known?.facts === now) return known.node;
  const node = made(study);
  if (known) {
    const focused = known.node.contains(document.activeElement);
    const place = document.activeElement.dataset.place;
    node.tabIndex = known.node.tabIndex;
    known.node.replaceWith(node);
    if (focused) (node.querySelector(`[data-place="${CSS.escape(place ?? '')}"]`) ?? node).focus();
  }
  rows.set(study.orthanc_study_id, { facts: now, node, study });
  return node;
}

function made(study) {
  const cell = (column, ...children) => element('td', { 'data-column': column, 'data-label': sentence(`worklist.${column}`), class: children[0] === NOTHING ? 'nothing' : null }, ...children);
  const hasResult = study.densities.length > 0 || study.likelihoods.length > 0;
  const open = `/mammovlm/study/${study.orthanc_study_id}`;
  const row = element('tr', {
    tabindex: '-1', 'data-study': study.orthanc_study_id, 'data-uid': study.study_instance_uid, class: study.state,
  },
  cell('state', stateOf(study)),
  cell('patient', element('a', { href: open, tabindex: '-1', class: 'name' }, personName(study.patient_name) || sentence('page.no-name')), element('small', {}, study.patient_id)),
  cell('study', dicomDate(study.study_date), element('small', {}, study.accession_number)),
  hasResult
    ? [cell('density', densityOf(study)), cell('presence', likelihoodsOf(study, 'presence')), cell('suspicion', likelihoodsOf(study, 'suspicion'))]
    : element('td', { colspan: '3', class: 'why' }, whyNot(study)),
  cell('age', element('time', { datetime: study.received_at, class: 'age' }, duration(secondsSince(study.received_at)))),
  cell('analysis', FINAL.has(study.state) && total(study.timings_s) ? duration(total(study.timings_s)) : NOTHING),
  cell('review', reviewOf(study)),
  element('td', { class: 'actions' },
    element('button', { type: 'button', tabindex: '-1', 'data-place': 'again', onclick: () => again(study) }, sentence('page.again')),
    FINAL.has(study.state) || study.priority === 'urgent' ? null
      : element('button', { type: 'button', tabindex: '-1', 'data-place': 'urgent', onclick: () => urgent(study) }, sentence('page.urgent'))));
  row.addEventListener('click', (event) => {
    if (!event.target.closest('button, a') && !getSelection().toString()) location.href = open;
  });
  return row;
}

function stateOf(study) {
  const reached = STEPS.indexOf(study.state);
  const steps = FINAL.has(study.state) ? null : element('span', { class: 'steps', 'aria-hidden': 'true' },
    STEPS.slice(0, -1).map((_, place) => element('i', { class: place <= reached ? 'reached' : '' })));
  return [
    element('span', { class: `state ${study.state}` }, named('state', study.state)), steps,
    study.priority === 'urgent' ? element('span', { class: 'urgent' }, sentence('priority.urgent')) : null,
    study.run > 1 ? element('small', {}, sentence('worklist.run', { number: study.run })) : null,
  ];
}

function densityOf(study) {
  const overall = study.densities.find((density) => density.side === 'both');
  const breasts = study.densities.filter((density) => density.side !== 'both');
  const differ = new Set(breasts.map((density) => density.category)).size > 1;
  return [
    overall ? element('b', {}, overall.category) : NOTHING,
    differ ? element('small', {}, breasts.map((each) => `${named('short-side', each.side)} ${each.category}`).join(' · ')) : null,
  ];
}

function likelihoodsOf(study, name) {
  const found = study.likelihoods.filter((likelihood) => likelihood.name === name);
  if (!found.length) return element('span', { class: 'none', title: sentence('result.not-available-reason') }, sentence('result.not-available-short'));
  return found.map((each) => element('span', { class: 'likelihood' },
    element('span', { class: 'side' }, named('short-side', each.side)), ' ', element('b', {}, percent(each.value)), ' ',
    element('span', { class: 'interval' }, interval(each))));
}

function whyNot(study) {
  if (study.text) return [element('b', { title: study.reason }, named('reason-name', study.reason)), ' ', study.text];
  if (study.is_report_to_come) return sentence('worklist.reading');
  if (study.state === 'receiving' && study.missing.length) return sentence('worklist.waiting-for', { views: listed(study.missing.map(viewName)) });
  if (FINAL.has(study.state)) return insteadOfReport(study.result_kind) || sentence('worklist.no-report');
  return sentence(`worklist.doing.${study.state}`);
}

function reviewOf(study) {
  const said = [
    study.opinion && element('span', { class: `opinion ${study.opinion}` }, sentence(`worklist.opinion.${study.opinion}`)),
    study.is_text_released && element('span', { class: 'released' }, sentence('worklist.text-released')),
  ].filter(Boolean);
  return said.length ? said : NOTHING;
}

async function again(study) { await runAgain(study.orthanc_study_id, personName(study.patient_name)); lookNow(); }
async function urgent(study) { await makeUrgent(study.orthanc_study_id); lookNow(); }

// One row is the table's place in the order of Tab; the arrows go on from there.
function oneTabStop() {
  const nodes = [...byId('studies').children];
  if (nodes.length && !nodes.some((node) => node.tabIndex === 0)) nodes[0].tabIndex = 0;
}

function choose(row) {
  if (!row) return;
  for (const node of byId('studies').children) node.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  row.scrollIntoView({ block: 'nearest' });
}

function chosen() {
  const row = document.activeElement.closest?.('tbody tr');
  return row ? rows.get(row.dataset.study) : undefined;
}

function onKey(event) {
  if (!isOurs(event) || (event.repeat && !HELD_DOWN.has(event.key))) return;
  if (isInField(event)) {
    if (event.target !== byId('search')) return;
    if (event.key === 'Escape') { event.target.value = ''; event.target.dispatchEvent(new Event('input')); }
    if (event.key === 'ArrowDown' || event.key === 'Enter') { event.preventDefault(); choose(byId('studies').firstElementChild); }
    return;
  }
  const row = chosen();
  const first = byId('studies').firstElementChild;
  const actions = {
    '/': () => byId('search').focus(),
    ArrowDown: () => choose(row ? row.node.nextElementSibling : first),
    ArrowUp: () => (row && row.node !== first ? choose(row.node.previousElementSibling) : byId('search').focus()),
    Home: () => choose(first),
    End: () => choose(byId('studies').lastElementChild),
    Enter: () => row && !event.target.closest('button, a') && (location.href = `/mammovlm/study/${row.study.orthanc_study_id}`),
    r: () => row && again(row.study),
    u: () => row && !FINAL.has(row.study.state) && urgent(row.study),
  };
  const action = actions[event.key];
  if (!action || (event.target.closest('button, a') && event.key === 'Enter')) return;
  event.preventDefault();
  action();
}

let typing = 0;
byId('search').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => { remember(); lookNow(); }, TYPING_MS);
});
document.addEventListener('keydown', onKey);
byId('studies').addEventListener('focusin', (event) => {
  const row = event.target.closest('tr');
  for (const node of byId('studies').children) node.tabIndex = node === row ? 0 : -1;
});
setInterval(() => {
  for (const age of document.querySelectorAll('time.age')) age.textContent = duration(secondsSince(age.dateTime));
}, 1000);

const lookNow = follow(address, take);
