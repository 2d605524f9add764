// SPDX-License-Identifier: AGPL-3.0-or-later
// The patient's text: a draft until a person releases it; every version stays on record.

import { byId, element, forget, show } from './elements.js';
import { once } from './keys.js';
import { parts, sentence } from './language.js';
import { attempt, post } from './server.js';
import { isSigned, reader, signature } from './signature.js';
import { localTime } from './wording.js';

// While somebody edits: takes what the plugin tells of the study, and leaves the words being written alone.
let editor = null;

export function showPatientText(section, content, again) {
  const { report, review, report_reference: reference } = content;
  if (editor) editor(content);
  else show(section, [report?.patient_text, review, reference], () => (report && review ? whole(section, content, again) : []));
}

const reportOf = (content) => content.report_reference.sop_instance_uid;
const saidAbout = ({ review }, report) => (review?.entries ?? []).filter((entry) => entry.subject === 'patient-text' && entry.report_uid === report);
const onRecord = (said, content) => said.filter((entry) => entry.text).at(-1)?.text ?? content.report?.patient_text;

const letter = (text, lang) => element('div', { class: 'letter', lang }, text.split('\n').filter(Boolean).map((line) => element('p', {}, line)));

const history = (said) => element('ul', { class: 'entries' }, said.map((entry) => element('li', {},
  parts(`patient.said.${entry.act}`, { reader: element('b', {}, entry.reader) }), element('small', {}, localTime(entry.at)))));

const button = (label, action, extra = {}) => element('button', { type: 'button', onclick: once(action), ...extra }, label);

function whole(section, content, again) {
  const said = saidAbout(content, reportOf(content));
  const text = onRecord(said, content);
  if (!text) return [element('h2', {}, sentence('patient.title')), element('p', { class: 'quiet' }, sentence('patient.none'))];
  const isReleased = said.at(-1)?.act === 'released';
  const keepNow = (act, words) => () => keep(content, { act, text: words, seen: said.length }).then(again);
  return [
    element('h2', {}, sentence('patient.title'), element('span', { class: isReleased ? 'released' : 'draft' }, sentence(isReleased ? 'patient.released' : 'patient.draft'))),
    letter(text, content.report.language || 'en'),
    element('div', { class: 'buttons' },
      isReleased
        ? button(sentence('patient.take-back'), keepNow('withdrawn', ''), { 'data-place': 'withdrawn' })
        : button(sentence('patient.release'), keepNow('released', text), { 'data-place': 'released', class: 'main' }),
      isReleased ? null : button(sentence('patient.edit'), () => edit(section, content, text, again), { 'data-place': 'edit' })),
    signature(),
    said.length ? history(said) : null,
  ];
}

function edit(section, content, text, again) {
  const lang = content.report.language || 'en';
  const area = element('textarea', { rows: '12', maxlength: '10000', 'aria-label': sentence('patient.text'), lang });
  area.value = text;
  const changed = element('div', { class: 'changed', role: 'status' });
  let seen = saidAbout(content, reportOf(content)).length;
  let shown = seen;
  let latest = content;
  editor = (now) => {
    latest = now;
    const said = saidAbout(now, reportOf(content));
    if (said.length === shown) return;
    shown = said.length;
    const goOn = () => { seen = said.length; changed.replaceChildren(); area.focus(); };
    changed.replaceChildren(element('p', { class: 'why' }, sentence('patient.changed')), history(said.slice(seen)),
      letter(onRecord(said, now) ?? '', lang), button(sentence('patient.changed.read'), goOn));
  };
  const end = () => { editor = null; forget(section); };
  const cancel = () => { end(); showPatientText(section, latest, again); };
  const save = async (act) => {
    const after = await keep(content, { act, text: area.value, seen });
    if (after) end();
    again(after);
  };
  section.replaceChildren(
    element('h2', {}, sentence('patient.title'), element('span', { class: 'draft' }, sentence('patient.editing'))), area,
    content.report.language === 'en-US' ? element('p', { class: 'quiet' }, sentence('patient.law')) : '',
    element('div', { class: 'buttons' },
      button(sentence('patient.keep'), () => save('edited'), { class: 'main' }),
      button(sentence('patient.release'), () => save('released')),
      button(sentence('page.cancel'), cancel)),
    changed, signature());
  area.focus();
}

// Gives the study's new state, or null where nothing was kept: then there may be news to look at.
async function keep(content, { act, text, seen }) {
  if (!isSigned(byId('words'))) return null;
  let after = null;
  await attempt(async () => {
    after = await post(`studies/${content.orthanc_study_id}/patient-text`, {
      act, text, reader: reader(), report_uid: reportOf(content), seen: String(seen),
    });
  }, sentence(`patient.done.${act}`));
  return after;
}
