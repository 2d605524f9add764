// SPDX-License-Identifier: AGPL-3.0-or-later
// The page of one study: pictures as they hang, numbers, words, and what a reader says about them.

import { byId, element, show } from './elements.js';
import { enlarge, enlargeImage, showImages } from './images.js';
import { likelihoodBar } from './likelihood_bar.js';
import { opinionOf, say as sayOpinion } from './opinion.js';
import { showPatientText } from './patient_text.js';
import { showQuestions } from './questions.js';
import { layerOf, regionList, showSwitches, switchLayer } from './regions.js';
import { follow, makeUrgent, runAgain } from './server.js';
import {
  DENSITY_WORDS, dicomDate, duration, FINAL, interval, localTime, percent, personName, RESULTS, secondsSince, setClock,
  SIDE_WORDS, SLOT_WORDS, STEPS, total, withUnits,
} from './wording.js';

const name = decodeURIComponent(location.pathname.split('/').filter(Boolean).pop());
let known = null;

function take(content) {
  known = content;
  setClock(content.now);
  document.title = `${personName(content.header.patient_name) || 'Study'} – MammoVLM`;
  const { status, report } = content;
  byId('ohif').hidden = !content.has_viewer;
  show(byId('who'), [content.header, status.state, status.priority, content.has_viewer, content.report_orthanc_id], () => who(content));
  showImages(byId('images'), content);
  showSwitches(byId('layers'), content);
  show(byId('progress'), [status, content.report_run], () => progress(content));
  show(byId('numbers'), [report, content.report_run, content.result_kind, content.report_orthanc_id], () => numbers(content));
  show(byId('regions'), [report?.regions], () => regionList(content, enlargeImage));
  show(byId('opinion'), [content.review, content.report_reference], () => opinionOf(content, again));
  showPatientText(byId('words'), content, again);
  showQuestions(byId('questions'), content);
  show(byId('basis'), [report, status.left_out], () => basis(content));
}

// After a change the answer holds the new state of all; the next look brings the rest.
function again(content) {
  if (content) take({ ...content, now: known.now });
  lookNow();
}

// A browser shows the PDF; a report goes to whoever has a program for it.
function resultLink({ report_orthanc_id: id, result_kind: kind }, look = 'button') {
  if (!id) return null;
  return kind === 'pdf'
    ? element('a', { class: look, href: `/instances/${id}/pdf`, target: '_blank', rel: 'noopener' }, RESULTS.pdf.name)
    : element('a', { class: look, href: `/instances/${id}/file`, download: `${id}.dcm` }, RESULTS[kind]?.name ?? 'Report (DICOM SR)');
}

function who(content) {
  const { header, status, has_viewer: hasViewer, orthanc_study_id: id } = content;
  const born = header.patient_birth_date ? `born ${dicomDate(header.patient_birth_date)}` : '';
  const facts = [header.patient_id, born, dicomDate(header.study_date), header.accession_number, header.description];
  const uid = encodeURIComponent(status.study_instance_uid);
  return [
    element('div', {},
      element('h1', {}, personName(header.patient_name) || 'No name'),
      element('p', { class: 'facts' }, facts.filter(Boolean).map((fact) => element('span', {}, fact)))),
    element('div', { class: 'buttons' },
      hasViewer ? element('a', { class: 'button main', id: 'viewer', href: `/ohif/viewer?StudyInstanceUIDs=${uid}` }, 'Open in OHIF') : null,
      resultLink(content),
      element('button', { type: 'button', 'data-place': 'again', onclick: rerun }, 'Run again'),
      FINAL.has(status.state) || status.priority === 'urgent' ? null
        : element('button', { type: 'button', 'data-place': 'urgent', onclick: () => makeUrgent(id).then(() => lookNow()) }, 'Urgent')),
  ];
}

function progress({ status, report_run: reportRun }) {
  const reached = FINAL.has(status.state) ? STEPS.length - 1 : STEPS.indexOf(status.state);
  const steps = element('ol', { class: 'way' }, STEPS.map((step, place) => {
    const last = place === STEPS.length - 1;
    const shown = last && FINAL.has(status.state) ? status.state : step;
    const at = status.times[shown];
    const mark = [place <= reached ? 'reached' : '', place === reached ? `now ${shown}` : ''].join(' ');
    return element('li', { class: mark, 'aria-current': place === reached ? 'step' : null },
      shown, at ? element('small', { title: localTime(at) }, localTime(at).split(', ').pop()) : null);
  }));
  const seconds = Object.entries(status.timings_s);
  return [
    element('h2', {}, 'Analysis', status.run > 1 ? ` · run ${status.run}` : '', ' ',
      status.priority === 'urgent' ? element('span', { class: 'urgent' }, 'urgent') : null),
    steps,
    status.text ? element('p', { class: `why ${status.state}` }, element('b', {}, status.reason), ' ', status.text) : null,
    FINAL.has(status.state) ? null : element('p', { class: 'quiet' }, 'In this state for ', element('time', { datetime: status.times[status.state], class: 'age' }, duration(secondsSince(status.times[status.state])))),
    reportRun && reportRun !== status.run ? element('p', { class: 'why' }, `What is shown below is the result of run ${reportRun}.`) : null,
    status.missing.length ? element('p', { class: 'why' }, `Missing: ${status.missing.map((slot) => SLOT_WORDS[slot] ?? slot).join(', ')}`) : null,
    seconds.length ? element('details', {}, element('summary', {}, `Took ${duration(total(status.timings_s))}`),
      element('dl', { class: 'pairs' }, seconds.map(([stage, time]) => [element('dt', {}, stage), element('dd', {}, `${time.toFixed(2)} s`)]))) : null,
  ];
}

function numbers(content) {
  const { report, result_kind: kind } = content;
  if (!report) return RESULTS[kind] ? [element('h2', {}, 'Result'), element('p', { class: 'why' }, RESULTS[kind].text), resultLink(content, 'button main')] : [];
  return [
    element('h2', {}, 'Breast density', element('small', {}, 'ACR BI-RADS, 5th edition')),
    report.densities.length ? element('ul', { class: 'densities' }, report.densities.map(density)) : unavailable(),
    ...likelihoods(report, 'presence', 'Something to assess', 'Category 3 or higher against 1 and 2; with 95 % interval'),
    ...likelihoods(report, 'suspicion', 'If so: category 4 or higher against 3', 'Not the probability of cancer; with 95 % interval'),
    suggestions(report),
    element('p', { class: 'trained', lang: report.language || 'en' }, report.comments.at(-2) ?? ''),
    report.summary ? element('p', { class: 'summary', lang: report.language || 'en' }, withUnits(report.summary)) : null,
  ];
}

const unavailable = () => element('p', { class: 'quiet' }, 'Not available: this part of the model has no trained weights.');

const density = (each) => element('li', { class: each.side === 'both' ? 'overall' : '' },
  element('span', { class: 'side' }, SIDE_WORDS[each.side] ?? each.side),
  element('b', { class: 'category' }, each.category),
  element('span', {}, DENSITY_WORDS[each.category], element('small', {}, each.certainty === null ? '' : percent(each.certainty))));

function likelihoods(report, wanted, title, meaning) {
  const found = report.likelihoods.filter((each) => each.name === wanted);
  return [
    element('h2', {}, title, element('small', {}, meaning)),
    found.length ? element('ul', { class: 'likelihoods' }, found.map((each) => element('li', {},
      element('span', { class: 'side' }, SIDE_WORDS[each.side] ?? each.side),
      likelihoodBar(each),
      element('span', {}, element('b', {}, percent(each.value)), ' ', element('span', { class: 'interval' }, interval(each))),
      element('small', {}, each.parameters.filter((text) => text.startsWith('calibration=')).map((text) => text.replace('calibration=', 'Calibration: ')))))) : unavailable(),
  ];
}

function suggestions(report) {
  const found = Object.entries(report.suggestions);
  if (!report.likelihoods.some((each) => each.name === 'suspicion')) return null;
  return element('p', { class: 'quiet' }, 'AI suggestion: ', found.length
    ? found.map(([side, category]) => `${SIDE_WORDS[side] ?? side} BI-RADS ${category}`).join(', ')
    : 'none; the intervals are not clear of the threshold', found.length ? ' (not the assessment)' : '');
}

function basis({ report, status }) {
  const leftOut = new Map();
  for (const image of status.left_out) {
    const why = [image.reason, image.detail].filter(Boolean).join(', ');
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  }
  if (!report && !leftOut.size) return [];
  return [
    element('h2', {}, 'What this rests on'),
    report ? element('ul', { class: 'sentences', lang: report.language || 'en' }, report.comments.map((text) => element('li', {}, text))) : null,
    leftOut.size ? element('p', {}, 'Not analysed: ', [...leftOut].map(([why, count]) => `${count} × ${why}`).join('; ')) : null,
    report ? element('details', {}, element('summary', {}, `${report.algorithm}, ${report.verification.toLowerCase() || 'not verified'}, ${report.completion.toLowerCase()}`),
      element('ul', { class: 'sentences parts' }, report.parameters.map((text) => element('li', {}, text)))) : null,
  ];
}

const rerun = () => runAgain(known.orthanc_study_id, personName(known.header.patient_name)).then(() => lookNow());

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('ask').open || !known) return;
  if (event.target.matches('input, textarea')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const actions = {
    a: () => known.report_reference && sayOpinion(known, 'agree', again),
    d: () => known.report_reference && sayOpinion(known, 'disagree', again),
    o: () => byId('viewer')?.click(),
    q: () => byId('question')?.focus(),
    r: rerun,
    w: () => { location.href = '/mammovlm/'; },
    Escape: () => enlarge(null),
  };
  for (const place of [1, 2, 3, 4]) actions[place] = () => enlarge(place - 1);
  const layer = layerOf(event.key);
  if (layer) actions[layer] = () => switchLayer(layer);
  const action = actions[layer ?? event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

document.addEventListener('keydown', onKey);
setInterval(() => {
  for (const age of document.querySelectorAll('time.age')) age.textContent = duration(secondsSince(age.dateTime));
}, 1000);
const lookNow = follow(() => `/mammovlm/studies/${encodeURIComponent(name)}/page`, take);
