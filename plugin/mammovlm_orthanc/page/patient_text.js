// SPDX-License-Identifier: AGPL-3.0-or-later
// The patient's text: a draft until a person releases it; every version stays on record.

import { byId, element, forget, show } from './elements.js';
import { attempt, post } from './server.js';
import { isSigned, reader, signature } from './signature.js';
import { localTime } from './wording.js';

const WORDS = { edited: 'saved a draft', released: 'released it', withdrawn: 'took the release back' };
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
  if (!text) return [element('h2', {}, 'For the patient'), element('p', { class: 'quiet' }, 'This report holds no text for the patient.')];
  const isReleased = last?.act === 'released';
  const act = (name, words, done, extra = {}) => element('button', {
    type: 'button', 'data-place': name, onclick: () => keep(content, name, words(), done, again), ...extra,
  });
  const button = (node, label) => { node.append(label); return node; };
  return [
    element('h2', {}, 'For the patient', element('span', { class: isReleased ? 'released' : 'draft' }, isReleased ? 'released' : 'draft, not reviewed')),
    element('div', { class: 'letter', lang: content.report.language || 'en' }, text.split('\n').filter(Boolean).map((line) => element('p', {}, line))),
    element('div', { class: 'buttons' },
      isReleased
        ? button(act('withdrawn', () => '', 'The text is a draft again.'), 'Take release back')
        : button(act('released', () => text, 'The text is released.', { class: 'main' }), 'Release'),
      isReleased ? null : element('button', { type: 'button', 'data-place': 'edit', onclick: () => edit(section, content, text, again) }, 'Edit')),
    signature(),
    said.length ? element('ul', { class: 'entries' }, said.map((entry) => element('li', {}, element('b', {}, entry.reader), ` ${WORDS[entry.act]}`, element('small', {}, localTime(entry.at))))) : null,
  ];
}

function edit(section, content, text, again) {
  isEditing = true;
  const area = element('textarea', { rows: '12', maxlength: '10000', 'aria-label': 'Text for the patient', lang: content.report.language || 'en' });
  area.value = text;
  const end = () => { isEditing = false; forget(section); again(null); showPatientText(section, content, again); };
  const save = async (name, done) => {
    isEditing = false;
    if (!(await keep(content, name, area.value, done, again))) isEditing = true;
  };
  section.replaceChildren(
    element('h2', {}, 'For the patient', element('span', { class: 'draft' }, 'being edited')), area,
    content.report.language === 'en-US' ? element('p', { class: 'quiet' }, 'The last sentences about breast density are those of the law (21 CFR 900.12). Leave them as they are.') : '',
    element('div', { class: 'buttons' },
      element('button', { type: 'button', class: 'main', onclick: () => save('edited', 'The draft is kept.') }, 'Keep draft'),
      element('button', { type: 'button', onclick: () => save('released', 'The text is released.') }, 'Release'),
      element('button', { type: 'button', onclick: end }, 'Cancel')),
    signature());
  area.focus();
}

async function keep(content, name, text, done, again) {
  if (!isSigned(byId('words'))) return false;
  let after = null;
  const kept = await attempt(async () => {
    after = await post(`studies/${content.orthanc_study_id}/patient-text`, {
      act: name, text, reader: reader(), report_uid: content.report_reference.sop_instance_uid,
    });
  }, done);
  if (kept) again(after);
  return kept;
}
