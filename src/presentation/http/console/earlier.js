// Lists of the past, made from later lists and what has changed since.

import { getDiff } from './api/reads.js';
import { patchBack } from './patch.js';

/** A difference carries values, so it replaces a list only up to this many names. */
const DIFFERENCE_MAX = 300;

/**
 * The list of a revision, made from the next later one of some lists, if few names have changed between them: then
 * the difference is short where the list may be long. Null where the list has to be loaded as a whole.
 */
export async function listFromLater(at, lists) {
  if (!/^\d+$/.test(at)) return null;
  const revision = Number(at);
  const later = lists.filter((list) => list.revision >= revision);
  if (later.length === 0) return null;
  const base = later.reduce((nearest, list) => (list.revision < nearest.revision ? list : nearest));
  let touched = 0;
  for (const item of base.items) if (item.revision > revision && ++touched > DIFFERENCE_MAX) return null;
  const { data } = await getDiff({ from: revision, to: base.revision });
  return patchBack(base.items, data.changes, revision);
}
