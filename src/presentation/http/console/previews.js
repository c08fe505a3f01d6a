// The values of the rows that are on the screen, loaded when the list rests.
//
// A value is kept by name and revision, so it never gets old; only its beginning is kept.

import { listSome } from './api/rows.js';
import { session } from './session.js';

const LENGTH = 240;
const KEPT_MAX = 5000;
/** The rows are asked for in runs of at most this many; values may be a megabyte each. */
const RUN = 60;
/** A difference carries all of its values at once, so it is asked for only up to this many names. */
const DIFFERENCE_MAX = 300;

const kept = new Map();
session.subscribe(() => kept.clear());

/** The part of an item's value that the grid shows: `{text, masked}`, or undefined while it is not known. */
export function previewOf(item) {
  return kept.get(`${item.revision} ${item.name}`);
}

function keep(item) {
  if (kept.size > KEPT_MAX) kept.clear();
  const masked = item.masked || item.value === null;
  const text = masked ? '' : item.value.slice(0, LENGTH).replace(/\s+/g, ' ').trim();
  kept.set(`${item.revision} ${item.name}`, { text, masked: Boolean(masked), shredded: item.shredded });
}

/**
 * Loads the values of some neighbouring rows that are not known yet.
 * @param {object[]} items the whole shown list
 * @param {[number, number]} range the visible rows
 * @param {{at?: string, prefix?: string, q?: string, inValues?: boolean, contiguous: boolean}} query how the server
 *   makes the same list; one that is not contiguous has what changed since `at`
 * @returns {Promise<boolean>} whether there is something new to show
 */
export async function loadPreviews(items, [start, end], { contiguous, ...query }, signal) {
  const missing = [];
  for (let index = start; index < Math.min(end, items.length); index++) if (!previewOf(items[index])) missing.push(index);
  if (missing.length === 0) return false;
  try {
    if (contiguous) await loadRows(items, missing, query, signal);
    else if (items.length <= DIFFERENCE_MAX) await loadDifference(query, signal);
    return true;
  } catch {
    // The names are the list; a missing preview is only a missing preview.
    return false;
  }
}

async function loadRows(items, missing, query, signal) {
  const first = missing[0];
  const limit = Math.min(RUN, missing[missing.length - 1] - first + 1);
  const { data } = await listSome({ ...query, after: items[first - 1]?.name, limit, signal });
  data.forEach(keep);
}

async function loadDifference({ at, prefix }, signal) {
  const { getDiff } = await import('./api/reads.js');
  const { data } = await getDiff({ from: at, prefix, signal });
  for (const { from, to } of data.changes) keep(from ?? to);
}
