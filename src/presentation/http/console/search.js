// Searching names, and what changed between two lists. No DOM.

import { compareNames } from './tree.js';

/** Lower-cased names by list, made once: a hundred thousand take longer to fold than to search. */
const folded = new WeakMap();

function foldedNames(items) {
  if (!folded.has(items)) folded.set(items, items.map(({ name }) => name.toLowerCase()));
  return folded.get(items);
}

/** The items from `start` to `end` whose name contains the text, ignoring letter case. */
export function matching(items, [start, end], text) {
  const wanted = text.toLowerCase();
  if (!wanted) return start === 0 && end === items.length ? items : items.slice(start, end);
  const names = foldedNames(items);
  const found = [];
  for (let index = start; index < end; index++) if (names[index].includes(wanted)) found.push(items[index]);
  return found;
}

/**
 * How a list of the past differs from now, by name: `changed` was set again since, `removed` is absent now, `added`
 * was absent then.
 * @returns {Map<string, {kind: 'changed'|'removed'|'added', item: object}>} sorted by name
 */
export function changedSince(then, now) {
  const changed = new Map();
  let left = 0;
  let right = 0;
  while (left < then.length || right < now.length) {
    // Both lists share the items that did not change.
    if (left < then.length && then[left] === now[right]) {
      left += 1;
      right += 1;
      continue;
    }
    const order = left >= then.length ? 1 : right >= now.length ? -1 : sameOrCompare(then[left].name, now[right].name);
    if (order === 0) {
      if (then[left].revision !== now[right].revision) changed.set(then[left].name, { kind: 'changed', item: then[left] });
      left += 1;
      right += 1;
    } else if (order < 0) {
      changed.set(then[left].name, { kind: 'removed', item: then[left] });
      left += 1;
    } else {
      changed.set(now[right].name, { kind: 'added', item: now[right] });
      right += 1;
    }
  }
  return changed;
}

function sameOrCompare(left, right) {
  return left === right ? 0 : compareNames(left, right);
}

/** A name in parts, the searched text marked. @returns {{text: string, found: boolean}[]} */
export function partsOf(name, text) {
  const wanted = text.toLowerCase();
  const folded = name.toLowerCase();
  // Some letters change their length when they are folded; then nothing is marked.
  if (!wanted || folded.length !== name.length) return [{ text: name, found: false }];
  const parts = [];
  let start = 0;
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, start)) {
    if (at > start) parts.push({ text: name.slice(start, at), found: false });
    parts.push({ text: name.slice(at, at + wanted.length), found: true });
    start = at + wanted.length;
  }
  if (start < name.length) parts.push({ text: name.slice(start), found: false });
  return parts;
}
