// Taking changes of a list back. No DOM.

import { compareNames } from './tree.js';

/**
 * The list at an earlier revision, from a later list and the difference between them. Null where the difference does
 * not say enough: a set to the same value is none, but the item was another.
 * @param {{name: string, from: object|null}[]} differences sorted by name
 */
export function patchBack(items, differences, revision) {
  const result = [];
  let index = 0;
  const copyUntil = (name) => {
    for (; index < items.length && (name === null || compareNames(items[index].name, name) < 0); index++) {
      if (items[index].revision > revision) return false;
      result.push(items[index]);
    }
    return true;
  };
  for (const { name, from } of differences) {
    if (!copyUntil(name)) return null;
    if (items[index]?.name === name) index += 1;
    if (from) {
      const { value, ...item } = from;
      result.push(item);
    }
  }
  return copyUntil(null) ? { items: result, revision } : null;
}
