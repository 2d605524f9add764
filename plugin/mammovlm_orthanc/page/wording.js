// SPDX-License-Identifier: AGPL-3.0-or-later
// Dates, ages, numbers and states as people read them.

export const STATES = ['receiving', 'ready', 'queued', 'running', 'done', 'partial', 'rejected', 'failed'];
export const FINAL = new Set(['done', 'partial', 'rejected', 'failed']);
export const STEPS = ['receiving', 'ready', 'queued', 'running', 'done'];

export const percent = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;

// Keeps every number on the line of its per cent sign.
export const withUnits = (text) => text.replace(/(\d) %/g, '$1\u00a0%');

export const interval = (likelihood) =>
  likelihood.low === null || likelihood.high === null
    ? ''
    : `${bound(likelihood.low)}–${bound(likelihood.high)}`;

const bound = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));

export function duration(seconds) {
  if (seconds < 1) return '< 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export const total = (timings) => Object.values(timings).reduce((sum, seconds) => sum + seconds, 0);

// PN: family^given^middle^prefix^suffix, alphabetic=ideographic=phonetic.
export function personName(value) {
  const groups = value.split('=').map((group) => {
    const [family = '', ...others] = group.split('^').map((part) => part.trim());
    const given = others.filter(Boolean).join(' ');
    return [family, given].filter(Boolean).join(', ');
  });
  return groups.filter(Boolean).join(' · ');
}

// What stands for the result where a site stores no structured report, and what it holds.
export const RESULTS = {
  pdf: {
    name: 'Summary (PDF)',
    text: 'No structured report is stored for this result, so its numbers and words are not shown here. They are in the one-page summary (PDF).',
  },
  'cad-report': {
    name: 'CAD report (DICOM SR)',
    text: 'No structured report is stored for this result, so its numbers and words are not shown here. Density and marked regions are in the Mammography CAD SR, for reading workstations; likelihoods and words were not stored.',
  },
};

export const dicomDate = (value) =>
  /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : value;

export const localTime = (iso) => {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? iso : moment.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
};

export const DENSITY_WORDS = {
  A: 'almost entirely fatty',
  B: 'scattered fibroglandular density',
  C: 'heterogeneously dense',
  D: 'extremely dense',
};

export const SIDE_WORDS = { R: 'Right', L: 'Left', both: 'Overall' };

export const SLOT_WORDS = { RCC: 'R CC', LCC: 'L CC', RMLO: 'R MLO', LMLO: 'L MLO' };

// The clock of the machine that runs Orthanc counts, not that of the one in front of the reader.
let ahead = 0;
export const setClock = (now) => { ahead = Date.parse(now) - Date.now(); };
export const secondsSince = (iso) => Math.max(0, (Date.now() + ahead - Date.parse(iso)) / 1000);
