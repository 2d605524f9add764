// SPDX-License-Identifier: AGPL-3.0-or-later
// Draws a likelihood with its interval on a scale of 0 to 100 per cent.

import { drawn } from './elements.js';

export function likelihoodBar(likelihood) {
  const low = likelihood.low ?? likelihood.value;
  const high = likelihood.high ?? likelihood.value;
  return drawn('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    drawn('rect', { class: 'scale', x: 0, y: 4, width: 100, height: 2 }),
    drawn('rect', { class: 'range', x: low, y: 2, width: Math.max(0.6, high - low), height: 6 }),
    drawn('rect', { class: 'value', x: Math.min(99, Math.max(0, likelihood.value - 0.5)), y: 0, width: 1, height: 10 }));
}
