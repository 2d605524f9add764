// SPDX-License-Identifier: AGPL-3.0-or-later
// Agree or disagree: kept with the study, with who said it, never overwritten.

import { byId, element } from './elements.js';
import { attempt, post } from './server.js';
import { isSigned, reader, signature } from './signature.js';
import { localTime } from './wording.js';

const WORDS = { agree: 'agrees', disagree: 'disagrees', withdrawn: 'took it back' };

const about = (content) => (content.review?.entries ?? []).filter((entry) => entry.subject === 'opinion');

export function opinionOf(content, again) {
  if (!content.report_reference) return [];
  if (!content.review) return [element('p', {}, 'Opinions on this study were written by another version of MammoVLM.')];
  const said = about(content);
  const last = said.filter((entry) => entry.report_uid === content.report_reference.sop_instance_uid).at(-1);
  const choice = (act, words) => element('button', {
    type: 'button', class: `choice ${act}`, 'data-place': act, 'aria-pressed': String(last?.act === act), onclick: () => say(content, act, again),
  }, words);
  return [
    element('h2', {}, 'Your opinion'),
    element('div', { class: 'buttons' }, choice('agree', 'Agree'), choice('disagree', 'Disagree'),
      last && last.act !== 'withdrawn' ? element('button', { type: 'button', 'data-place': 'withdrawn', onclick: () => say(content, 'withdrawn', again) }, 'Take back') : null),
    element('label', { class: 'wide' }, 'Comment',
      element('input', { type: 'text', id: 'comment', maxlength: '2000', 'data-place': 'comment', autocomplete: 'off', placeholder: 'What is right or wrong (optional, no patient data: it is exported)' })),
    signature(),
    said.length ? element('ul', { class: 'entries' }, said.map((entry) => element('li', {},
      element('b', {}, entry.reader), ` ${WORDS[entry.act]}`, entry.text ? `: ${entry.text}` : '',
      element('small', {}, `${localTime(entry.at)}${entry.report_uid === content.report_reference.sop_instance_uid ? '' : ' · on an earlier report'}`)))) : null,
  ];
}

export async function say(content, act, again) {
  if (!isSigned(byId('opinion'))) return;
  let after = null;
  const comment = byId('comment');
  const kept = await attempt(async () => {
    after = await post(`studies/${content.orthanc_study_id}/opinion`, {
      act, text: comment?.value.trim() ?? '', reader: reader(), report_uid: content.report_reference.sop_instance_uid,
    });
  }, 'Your opinion is kept.');
  if (!kept) return;
  comment.value = '';
  again(after);
}
