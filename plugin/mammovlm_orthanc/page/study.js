// SPDX-License-Identifier: AGPL-3.0-or-later
// The page of one study: pictures as they hang, numbers, words, and what a reader says about them.

import { byId, element, show } from './elements.js';
import { enlarge, enlargeImage, showImages } from './images.js';
import { isInField, isOurs } from './keys.js';
import { has, listed, named, parts, sentence } from './language.js';
import { likelihoodBar } from './likelihood_bar.js';
import { opinionOf, say as sayOpinion } from './opinion.js';
import { showPatientText } from './patient_text.js';
import { showQuestions } from './questions.js';
import { layerOf, regionList, showSwitches, switchLayer } from './regions.js';
import { follow, makeUrgent, runAgain } from './server.js';
import {
  clockTime, dicomDate, duration, FINAL, insteadOfReport, interval, localTime, percent, personName, secondsSince, setClock,
  STEPS, total, viewName, withUnits,
} from './wording.js';

const name = decodeURIComponent(location.pathname.split('/').filter(Boolean).pop());
const CALIBRATIONS = { 'fitted on validation exams': 'fitted', 'none (raw score)': 'none' };
let known = null;

function take(content) {
  known = content;
  setClock(content.now);
  document.title = `${personName(content.header.patient_name) || sentence('study.title')} – MammoVLM`;
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
    ? element('a', { class: look, href: `/instances/${id}/pdf`, target: '_blank', rel: 'noopener' }, sentence('result.pdf'))
    : element('a', { class: look, href: `/instances/${id}/file`, download: `${id}.dcm` }, sentence(has(`result.${kind}.text`) ? `result.${kind}` : 'study.report'));
}

function who(content) {
  const { header, status, has_viewer: hasViewer, orthanc_study_id: id } = content;
  const born = header.patient_birth_date ? sentence('study.born', { date: dicomDate(header.patient_birth_date) }) : '';
  const facts = [header.patient_id, born, dicomDate(header.study_date), header.accession_number, header.description];
  const uid = encodeURIComponent(status.study_instance_uid);
  return [
    element('div', {},
      element('h1', {}, personName(header.patient_name) || sentence('page.no-name')),
      element('p', { class: 'facts' }, facts.filter(Boolean).map((fact) => element('span', {}, fact)))),
    element('div', { class: 'buttons' },
      hasViewer ? element('a', { class: 'button main', id: 'viewer', href: `/ohif/viewer?StudyInstanceUIDs=${uid}` }, sentence('study.open-ohif')) : null,
      resultLink(content),
      element('button', { type: 'button', 'data-place': 'again', onclick: rerun }, sentence('page.again')),
      FINAL.has(status.state) || status.priority === 'urgent' ? null
        : element('button', { type: 'button', 'data-place': 'urgent', onclick: () => makeUrgent(id).then(() => lookNow()) }, sentence('page.urgent'))),
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
      sentence(`state.${shown}`), at ? element('small', { title: localTime(at) }, clockTime(at)) : null);
  }));
  const seconds = Object.entries(status.timings_s);
  return [
    element('h2', {}, sentence('progress.title'), status.run > 1 ? sentence('progress.run', { number: status.run }) : '', ' ',
      status.priority === 'urgent' ? element('span', { class: 'urgent' }, sentence('priority.urgent')) : null),
    steps,
    status.text ? element('p', { class: `why ${status.state}` }, element('b', { title: status.reason }, named('reason-name', status.reason)), ' ', status.text) : null,
    FINAL.has(status.state) ? null : element('p', { class: 'quiet' }, parts('progress.since', { time: element('time', { datetime: status.times[status.state], class: 'age' }, duration(secondsSince(status.times[status.state]))) })),
    reportRun && reportRun !== status.run ? element('p', { class: 'why' }, sentence('progress.earlier-result', { number: reportRun })) : null,
    status.missing.length ? element('p', { class: 'why' }, sentence('progress.missing', { views: listed(status.missing.map(viewName)) })) : null,
    seconds.length ? element('details', {}, element('summary', {}, sentence('progress.took', { time: duration(total(status.timings_s)) })),
      element('dl', { class: 'pairs' }, seconds.map(([stage, time]) => [element('dt', {}, named('stage', stage)), element('dd', {}, sentence('progress.stage', { seconds: time.toFixed(2) }))]))) : null,
  ];
}

function numbers(content) {
  const { report, result_kind: kind } = content;
  const instead = insteadOfReport(kind);
  if (!report) return instead ? [element('h2', {}, sentence('result.title')), element('p', { class: 'why' }, instead), resultLink(content, 'button main')] : [];
  return [
    element('h2', {}, sentence('result.density'), element('small', {}, sentence('result.density-meaning'))),
    report.densities.length ? element('ul', { class: 'densities' }, report.densities.map(density)) : unavailable(),
    ...likelihoods(report, 'presence'),
    ...likelihoods(report, 'suspicion'),
    suggestions(report),
    element('p', { class: 'trained', lang: report.language || 'en' }, report.comments.at(-2) ?? ''),
    report.summary ? element('p', { class: 'summary', lang: report.language || 'en' }, withUnits(report.summary)) : null,
  ];
}

const unavailable = () => element('p', { class: 'quiet' }, sentence('result.not-available'));

const density = (each) => element('li', { class: each.side === 'both' ? 'overall' : '' },
  element('span', { class: 'side' }, named('side', each.side)),
  element('b', { class: 'category' }, each.category),
  element('span', {}, named('density', each.category), element('small', {}, each.certainty === null ? '' : percent(each.certainty))));

function likelihoods(report, wanted) {
  const found = report.likelihoods.filter((each) => each.name === wanted);
  return [
    element('h2', {}, sentence(`result.${wanted}`), element('small', {}, sentence(`result.${wanted}-meaning`))),
    found.length ? element('ul', { class: 'likelihoods' }, found.map((each) => element('li', {},
      element('span', { class: 'side' }, named('side', each.side)),
      likelihoodBar(each),
      element('span', {}, element('b', {}, percent(each.value)), ' ', element('span', { class: 'interval' }, interval(each))),
      element('small', {}, each.parameters.filter((text) => text.startsWith('calibration=')).map(calibration))))) : unavailable(),
  ];
}

function calibration(parameter) {
  const how = parameter.replace('calibration=', '');
  return sentence('result.calibration', { how: how in CALIBRATIONS ? sentence(`result.calibration.${CALIBRATIONS[how]}`) : how });
}

function suggestions(report) {
  if (!report.likelihoods.some((each) => each.name === 'suspicion')) return null;
  const found = Object.entries(report.suggestions)
    .map(([side, category]) => sentence('result.suggestion-item', { side: named('side', side), category }));
  return element('p', { class: 'quiet' }, found.length ? sentence('result.suggestion', { items: listed(found) }) : sentence('result.no-suggestion'));
}

function basis({ report, status }) {
  const leftOut = new Map();
  for (const image of status.left_out) {
    const reason = named('left-out', image.reason);
    const why = image.detail ? sentence('basis.left-out-item', { reason, detail: viewName(image.detail) }) : reason;
    leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  }
  if (!report && !leftOut.size) return [];
  return [
    element('h2', {}, sentence('basis.title')),
    report ? element('ul', { class: 'sentences', lang: report.language || 'en' }, report.comments.map((text) => element('li', {}, text))) : null,
    leftOut.size ? element('p', {}, sentence('basis.left-out', { items: [...leftOut].map(([what, count]) => sentence('number.count', { what, count })).join(sentence('page.semicolon')) })) : null,
    report ? element('details', {}, element('summary', {}, sentence('basis.algorithm', {
      algorithm: report.algorithm, verification: named('verification', report.verification || 'none'), completion: named('completion', report.completion),
    })),
      element('ul', { class: 'sentences parts', lang: 'en' }, report.parameters.map((text) => element('li', {}, text)))) : null,
  ];
}

const rerun = () => runAgain(known.orthanc_study_id, personName(known.header.patient_name)).then(() => lookNow());

function onKey(event) {
  if (!isOurs(event) || event.repeat || !known) return;
  if (isInField(event)) {
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
