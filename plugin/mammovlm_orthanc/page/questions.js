// SPDX-License-Identifier: AGPL-3.0-or-later
// Questions about the result, and their answers as they come; the field keeps what is being typed.

import { byId, element, show } from './elements.js';
import { isComposing, once } from './keys.js';
import { named, sentence } from './language.js';
import { attempt, follow, post } from './server.js';
import { reader } from './signature.js';
import { localTime } from './wording.js';

const LONGEST = 500;
let study = null;
let look = null;

// Shows the section as soon as there is a report, and follows the conversation from then on.
export function showQuestions(section, { report, orthanc_study_id: id }) {
  section.hidden = !report;
  if (!report || look) return;
  study = id;
  section.replaceChildren(
    element('h2', {}, sentence('questions.title'), element('small', {}, sentence('questions.meaning'))),
    element('ol', { id: 'conversation', class: 'conversation', 'aria-live': 'polite' }),
    element('div', { class: 'asking' },
      element('input', { type: 'text', id: 'question', maxlength: LONGEST, autocomplete: 'off', 'aria-label': sentence('questions.field'), placeholder: sentence('questions.hint'), onkeydown: (event) => event.key === 'Enter' && !event.repeat && !isComposing(event) && ask() }),
      element('button', { type: 'button', onclick: once(ask) }, sentence('questions.ask'))));
  look = follow(() => `/mammovlm/studies/${encodeURIComponent(study)}/conversation`, take);
}

const take = ({ entries }) => show(byId('conversation'), entries, () => entries.map(round));

const round = ({ question, asker, at, answer }) => element('li', {},
  element('p', { class: 'question' }, question, element('small', {}, [asker, localTime(at)].filter(Boolean).join(' · '))),
  answer
    ? element('p', { class: `answer ${answer.origin}` }, said(answer), element('small', {}, named('questions.origin', answer.origin)))
    : element('p', { class: 'quiet' }, sentence('questions.waiting')));

const said = (answer) => (answer.text
  ? element('span', { lang: answer.language || 'en' }, answer.text)
  : sentence('questions.gave-up'));

async function ask() {
  const field = byId('question');
  const question = field.value.trim();
  if (!question) return;
  const done = await attempt(() => post(`studies/${study}/ask`, { question, asker: reader() }), sentence('questions.asked'));
  if (done && field.value.trim() === question) field.value = '';
  look();
}
