// SPDX-License-Identifier: AGPL-3.0-or-later
// Agree or disagree: kept with the study, with who said it, never overwritten.

import { byId, element } from './elements.js';
import { once } from './keys.js';
import { parts, sentence } from './language.js';
import { attempt, post } from './server.js';
import { isSigned, reader, signature } from './signature.js';
import { localTime } from './wording.js';

const about = (content) => (content.review?.entries ?? []).filter((entry) => entry.subject === 'opinion');

export function opinionOf(content, again) {
  if (!content.report_reference) return [];
  if (!content.review) return [element('p', {}, sentence('opinion.other-version'))];
  const said = about(content);
  const last = said.filter((entry) => entry.report_uid === content.report_reference.sop_instance_uid).at(-1);
  const choice = (act) => element('button', {
    type: 'button', class: `choice ${act}`, 'data-place': act, 'aria-pressed': String(last?.act === act), onclick: once(() => say(content, act, again)),
  }, sentence(`opinion.${act}`));
  return [
    element('h2', {}, sentence('opinion.title')),
    element('div', { class: 'buttons' }, choice('agree'), choice('disagree'),
      last && last.act !== 'withdrawn' ? element('button', { type: 'button', 'data-place': 'withdrawn', onclick: once(() => say(content, 'withdrawn', again)) }, sentence('opinion.take-back')) : null),
    element('label', { class: 'wide' }, sentence('opinion.comment'),
      element('input', { type: 'text', id: 'comment', maxlength: '2000', 'data-place': 'comment', autocomplete: 'off', placeholder: sentence('opinion.comment-hint') })),
    signature(),
    said.length ? element('ul', { class: 'entries' }, said.map((entry) => element('li', {},
      parts(`opinion.said.${entry.act}`, { reader: element('b', {}, entry.reader) }), entry.text ? sentence('page.text', { text: entry.text }) : '',
      element('small', {}, entry.report_uid === content.report_reference.sop_instance_uid ? localTime(entry.at) : sentence('opinion.earlier', { time: localTime(entry.at) }))))) : null,
  ];
}

export async function say(content, act, again) {
  if (!isSigned(byId('opinion'))) return;
  let after = null;
  const text = byId('comment')?.value.trim() ?? '';
  const kept = await attempt(async () => {
    after = await post(`studies/${content.orthanc_study_id}/opinion`, {
      act, text, reader: reader(), report_uid: content.report_reference.sop_instance_uid,
    });
  }, sentence('opinion.kept'));
  if (!kept) return;
  const comment = byId('comment');
  if (comment?.value.trim() === text) comment.value = '';
  again(after);
}
