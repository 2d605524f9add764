// SPDX-License-Identifier: AGPL-3.0-or-later
// The patient's text: a draft until a person releases it; every version stays on record.

import { byId, element, forget, show } from './elements.js';
import { parts, sentence } from './language.js';
import { attempt, post } from './server.js';
import { isSigned, reader, signature } from './signature.js';
import { localTime } from './wording.js';

let isEditing = false;

export function showPatientText(section, content, again) {
  const { report, review, report_reference: reference } = content;
  if (isEditing && report) return;
  show(section, [report?.patient_text, review, reference], () => (report && review ? whole(section, content, again) : []));
}

function whole(section, content, again) {
  const said = content.review.entries.filter((entry) => entry.subject === 'patient-text' && entry.report_uid === content.report_reference.sop_instance_uid);
  const last = said.at(-1);
  const text = said.filter((entry) => entry.text).at(-1)?.text ?? content.report.patient_text;
  if (!text) return [element('h2', {}, sentence('patient.title')), element('p', { class: 'quiet' }, sentence('patient.none'))];
  const isReleased = last?.act === 'released';
  const button = (name, said, label, extra = {}) => element('button', {
    type: 'button', 'data-place': name, onclick: () => keep(content, name, said, again), ...extra,
  }, label);
  return [
    element('h2', {}, sentence('patient.title'), element('span', { class: isReleased ? 'released' : 'draft' }, sentence(isReleased ? 'patient.released' : 'patient.draft'))),
    element('div', { class: 'letter', lang: content.report.language || 'en' }, text.split('\n').filter(Boolean).map((line) => element('p', {}, line))),
    element('div', { class: 'buttons' },
      isReleased
        ? button('withdrawn', '', sentence('patient.take-back'))
        : button('released', text, sentence('patient.release'), { class: 'main' }),
      isReleased ? null : element('button', { type: 'button', 'data-place': 'edit', onclick: () => edit(section, content, text, again) }, sentence('patient.edit'))),
    signature(),
    said.length ? element('ul', { class: 'entries' }, said.map((entry) => element('li', {}, parts(`patient.said.${entry.act}`, { reader: element('b', {}, entry.reader) }), element('small', {}, localTime(entry.at))))) : null,
  ];
}

function edit(section, content, text, again) {
  isEditing = true;
  const area = element('textarea', { rows: '12', maxlength: '10000', 'aria-label': sentence('patient.text'), lang: content.report.language || 'en' });
  area.value = text;
  const end = () => { isEditing = false; forget(section); again(null); showPatientText(section, content, again); };
  const save = async (name) => {
    isEditing = false;
    if (!(await keep(content, name, area.value, again))) isEditing = true;
  };
  section.replaceChildren(
    element('h2', {}, sentence('patient.title'), element('span', { class: 'draft' }, sentence('patient.editing'))), area,
    content.report.language === 'en-US' ? element('p', { class: 'quiet' }, sentence('patient.law')) : '',
    element('div', { class: 'buttons' },
      element('button', { type: 'button', class: 'main', onclick: () => save('edited') }, sentence('patient.keep')),
      element('button', { type: 'button', onclick: () => save('released') }, sentence('patient.release')),
      element('button', { type: 'button', onclick: end }, sentence('page.cancel'))),
    signature());
  area.focus();
}

async function keep(content, name, text, again) {
  if (!isSigned(byId('words'))) return false;
  let after = null;
  const kept = await attempt(async () => {
    after = await post(`studies/${content.orthanc_study_id}/patient-text`, {
      act: name, text, reader: reader(), report_uid: content.report_reference.sop_instance_uid,
    });
  }, sentence(`patient.done.${name}`));
  if (kept) again(after);
  return kept;
}
