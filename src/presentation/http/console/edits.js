// Edits of the change set as differences, and what to do when a name has changed since. No DOM.

import { rangeOf } from './tree.js';

/** @typedef {import('./changeset.js').Edit} Edit */

/** An edit as a difference: `same` where it would write what is there already. Secrets stay hidden. */
export function differenceOf(edit) {
  const from = beforeOf(edit);
  const to = edit.kind === 'delete' ? null : sideOf(edit, edit.value);
  return { name: edit.name, kind: kindOf(edit, from, to), from, to };
}

function beforeOf(edit) {
  if (edit.base === 0 || edit.before === null) return null;
  return sideOf(edit, edit.before);
}

function sideOf(edit, value) {
  return isSecret(edit) ? { value: null, masked: true, secret: true } : { value, content_type: edit.contentType };
}

function kindOf(edit, from, to) {
  if (!to) return 'removed';
  if (!from) return 'added';
  return edit.before === edit.value ? 'same' : 'changed';
}

/** Whether the text of an edit must not be shown: it was marked secret, or the value that it replaces is hidden. */
export function isSecret({ secret, base, before }) {
  return Boolean(secret) || (base > 0 && before === undefined);
}

/**
 * The edits whose names have changed since: name to the current revision, 0 if the name is absent now.
 * @param {Edit[]} edits
 * @param {{items: {name: string, revision: number}[], revision: number}} list all names, sorted, and how new the list is:
 *   about an edit of something newer it says nothing
 */
export function staleOf(edits, { items, revision }) {
  const stale = new Map();
  for (const { name, base } of edits) {
    const [start, end] = rangeOf(items, name);
    // The name itself sorts before everything that it begins.
    const current = start < end && items[start].name === name ? items[start].revision : 0;
    if (current !== base && base <= revision) stale.set(name, current);
  }
  return stale;
}

/**
 * The part of a refusal that is still about the edits as they are: an edit that was settled or changed is another one.
 * @param {Edit[]} edits
 * @param {{edits: Edit[], failed: {name: string, current_revision: number}[], errors: {name: string}[]}} refusal
 * @returns {{conflicts: Map<string, number>, violations: Map<string, object[]>}}
 */
export function refusedOf(edits, refusal) {
  const sent = new Set(refusal.edits);
  const sentAsIs = new Set(edits.filter((edit) => sent.has(edit)).map(({ name }) => name));
  const violations = new Map();
  for (const error of refusal.errors) {
    if (sentAsIs.has(error.name)) violations.set(error.name, [...(violations.get(error.name) ?? []), error]);
  }
  return { conflicts: new Map(refusal.failed.filter(({ name }) => sentAsIs.has(name)).map((each) => [each.name, each.current_revision])), violations };
}

/** The edit that writes mine over theirs, or null where nothing is left to do. */
export function keepMine(edit, theirs) {
  if (edit.kind === 'delete' && !theirs) return null;
  const { before, ...rest } = edit;
  if (!theirs) return { ...rest, base: 0, before: null };
  return { ...rest, base: theirs.revision, ...(typeof theirs.value === 'string' ? { before: theirs.value } : {}) };
}

/** The values of a set of edits as a file of desired values, or null if it would delete or hold secrets. */
export function desiredValues(edits) {
  if (edits.some((edit) => edit.kind === 'delete' || isSecret(edit))) return null;
  return JSON.stringify(Object.fromEntries(edits.map(({ name, value }) => [name, value])), null, 2);
}
