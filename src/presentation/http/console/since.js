// The changes between two lists of names. No DOM.

import { compareNames } from './tree.js';

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
