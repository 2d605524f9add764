// SPDX-License-Identifier: AGPL-3.0-or-later
// The page's sentences in the language that it came in, and the reader's choice of another one.

import { byId } from './elements.js';

const A_YEAR_S = 31536000;

export const LANGUAGE = document.documentElement.lang;
const SENTENCES = await fetch(`/mammovlm/page/${LANGUAGE}.json`).then((answer) => answer.json());

// How this reader writes dates, if they speak the page's language.
export const LOCALE = navigator.languages.find((each) => each.split('-')[0] === LANGUAGE.split('-')[0]) ?? LANGUAGE;

export const has = (key) => key in SENTENCES;

// Gives a sentence with its fields filled in.
export const sentence = (key, fields = {}) =>
  SENTENCES[key].replace(/\{(\w+)\}/g, (field, name) => fields[name] ?? field);

// The same for fields that are elements: gives the parts to put one after the other.
export const parts = (key, fields) =>
  SENTENCES[key].split(/\{(\w+)\}/).map((part, place) => (place % 2 ? fields[part] : part)).filter((part) => part !== '');

// What stands for a code; the code itself where another version of a worker knows more than we do.
export const named = (group, code) => (has(`${group}.${code}`) ? sentence(`${group}.${code}`) : code);

export const listed = (words) => words.join(sentence('page.comma'));

byId('language').addEventListener('change', ({ target }) => {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${target.dataset.cookie}=${target.value}; Path=/mammovlm; Max-Age=${A_YEAR_S}; SameSite=Strict${secure}`;
  location.reload();
});
