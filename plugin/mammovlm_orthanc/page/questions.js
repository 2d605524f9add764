// SPDX-License-Identifier: AGPL-3.0-or-later
// Questions about the result, and their answers as they come; the field keeps what is being typed.

import { byId, element, show } from './elements.js';
import { attempt, follow, post } from './server.js';
import { reader } from './signature.js';
import { localTime } from './wording.js';

const LONGEST = 500;
const ORIGINS = {
  'language-model': 'worded by the language model, checked against the report',
  template: 'template text from the report',
  refusal: 'not answered: this is for a doctor',
  failed: 'no answer',
};
let study = null;
let look = null;

// Shows the section as soon as there is a report, and follows the conversation from then on.
export function showQuestions(section, { report, orthanc_study_id: id }) {
  section.hidden = !report;
  if (!report || look) return;
  study = id;
  section.replaceChildren(
    element('h2', {}, 'Questions and answers', element('small', {}, 'Drafts by software from the facts of the report')),
    element('ol', { id: 'conversation', class: 'conversation', 'aria-live': 'polite' }),
    element('div', { class: 'asking' },
      element('input', { type: 'text', id: 'question', maxlength: LONGEST, autocomplete: 'off', 'aria-label': 'Question about this result', placeholder: 'Ask about this result', onkeydown: (event) => event.key === 'Enter' && ask() }),
      element('button', { type: 'button', onclick: ask }, 'Ask')));
  look = follow(() => `/mammovlm/studies/${encodeURIComponent(study)}/conversation`, take);
}

const take = ({ entries }) => show(byId('conversation'), entries, () => entries.map(round));

const round = ({ question, asker, at, answer }) => element('li', {},
  element('p', { class: 'question' }, question, element('small', {}, [asker, localTime(at)].filter(Boolean).join(' · '))),
  answer
    ? element('p', { class: `answer ${answer.origin}`, lang: answer.language || 'en' }, answer.text || answer.check, element('small', { lang: 'en' }, ORIGINS[answer.origin] ?? answer.origin))
    : element('p', { class: 'quiet' }, 'Waiting for the answer …'));

async function ask() {
  const field = byId('question');
  const question = field.value.trim();
  if (!question) return;
  const done = await attempt(() => post(`studies/${study}/ask`, { question, asker: reader() }), 'Asked. The answer will appear below the question.');
  if (done && field.value.trim() === question) field.value = '';
  look();
}
