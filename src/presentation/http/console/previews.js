// The values of the rows that are on the screen, loaded when the list rests.
//
// A value is kept by name and revision, so it never gets old; only its beginning is kept.

import { listSome } from './api.js';
import { useEffect, useRef, useState } from './preact.js';
import { session } from './session.js';

const RESTED = 90;
const LENGTH = 240;
const KEPT_MAX = 5000;
/** The rows are asked for in runs of at most this many; values may be a megabyte each. */
const RUN = 60;

const kept = new Map();
session.subscribe(() => kept.clear());

/** What the grid shows of an item's value: `{text, masked}`, or undefined while it is not known. */
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
 * Loads the values of some neighbouring rows.
 * @param {object[]} items the whole shown list
 * @param {[number, number]} range the visible rows
 * @param {{at?: string, prefix?: string, q?: string, inValues?: boolean}} query how the server makes the same list
 */
export function usePreviews(items, [start, end], query) {
  const [, render] = useState(0);
  const controller = useRef(null);
  useEffect(() => {
    const missing = [];
    for (let index = start; index < Math.min(end, items.length); index++) if (!previewOf(items[index])) missing.push(index);
    if (!missing.length) return undefined;
    const timer = setTimeout(async () => {
      controller.current?.abort();
      controller.current = new AbortController();
      const first = missing[0];
      const limit = Math.min(RUN, missing[missing.length - 1] - first + 1);
      try {
        const { data } = await listSome({ ...query, after: items[first - 1]?.name, limit, signal: controller.current.signal });
        data.forEach(keep);
        render((count) => count + 1);
      } catch {
        // The names are the list; a missing preview is only a missing preview.
      }
    }, RESTED);
    return () => clearTimeout(timer);
  }, [items, start, end, query.at, query.q, query.prefix]);
}

/** Keeps the values that the event stream brings. */
export function keepFrom(changes) {
  for (const { revision, events } of changes) {
    for (const { event_type: type, data } of events) {
      if (type === 'ConfigValueSet') keep({ name: data.config_name, revision, value: data.value, masked: data.masked });
    }
  }
}
