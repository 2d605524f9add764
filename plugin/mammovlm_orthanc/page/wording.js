// SPDX-License-Identifier: AGPL-3.0-or-later
// Dates, ages, numbers and states as people read them.

import { has, LOCALE, named, sentence } from './language.js';

export const STATES = ['receiving', 'ready', 'queued', 'running', 'done', 'partial', 'rejected', 'failed'];
export const FINAL = new Set(['done', 'partial', 'rejected', 'failed']);
export const STEPS = ['receiving', 'ready', 'queued', 'running', 'done'];

export const percent = (value) => sentence('number.percent', { value: bound(value) });

// Keeps every number on the line of its per cent sign.
export const withUnits = (text) => text.replace(/(\d) %/g, '$1\u00a0%');

export const interval = (likelihood) =>
  likelihood.low === null || likelihood.high === null
    ? ''
    : `${bound(likelihood.low)}–${bound(likelihood.high)}`;

const bound = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

const UNITS = [['seconds', 1, 90], ['minutes', 60, 5400], ['hours', 3600, 129600], ['days', 86400, Infinity]];

export function duration(seconds) {
  if (seconds < 1) return sentence('time.below-a-second');
  const [unit, length] = UNITS.find(([, , most]) => seconds < most);
  return sentence(`time.${unit}`, { number: Math.round(seconds / length) });
}

export const total = (timings) => Object.values(timings).reduce((sum, seconds) => sum + seconds, 0);

// PN: family^given^middle^prefix^suffix, alphabetic=ideographic=phonetic. Chinese characters are
// written without a comma.
export function personName(value) {
  const groups = value.split('=').map((group) => {
    const [family = '', ...others] = group.split('^').map((part) => part.trim());
    const given = others.filter(Boolean).join(' ');
    return [family, given].filter(Boolean).join(/^\p{Script=Han}/u.test(family) ? '' : ', ');
  });
  return groups.filter(Boolean).join(' · ');
}

// What stands for the result where a site stores no structured report, and what it holds.
export const insteadOfReport = (kind) => (has(`result.${kind}.text`) ? sentence(`result.${kind}.text`) : '');

export const dicomDate = (value) =>
  /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : value;

export const localTime = (iso) => {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? iso : moment.toLocaleString(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });
};

export const clockTime = (iso) => {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? iso : moment.toLocaleTimeString(LOCALE, { timeStyle: 'short' });
};

// The views of a standard exam as they hang.
export const SLOTS = ['RCC', 'LCC', 'RMLO', 'LMLO'];
export const viewName = (slot) => named('slot', slot);

// The clock of the machine that runs Orthanc counts, not that of the one in front of the reader.
let ahead = 0;
export const setClock = (now) => { ahead = Date.parse(now) - Date.now(); };
export const secondsSince = (iso) => Math.max(0, (Date.now() + ahead - Date.parse(iso)) / 1000);
