// Differences of two trees: by name, and of one prefix against another. No DOM.

import { diffMembers, diffWords } from './diff.js';
import { isJson, parseJson } from './json.js';
import { compareNames } from './tree.js';

/** Values longer than this have no difference on one line. */
const BRIEF_LENGTH = 160;
const JSON_LENGTH = 32 * 1024;
const MEMBERS = 3;

/**
 * @typedef {{name: string, kind: 'added'|'changed'|'removed'|'unknown', from: object|null, to: object|null,
 *            names?: {from: string, to: string}}} Difference
 *   `unknown`: secrets of two names, whose fingerprints say nothing about each other
 */

/**
 * Compares what is under one prefix with what is under another. Both lists are sorted by name.
 * @returns {{differences: Difference[], same: number}} each under its name without the prefix
 */
export function comparePrefixes(left, leftPrefix, right, rightPrefix) {
  const differences = [];
  let same = 0;
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const from = left[i];
    const to = right[j];
    const order = !from ? 1 : !to ? -1 : compareNames(from.name.slice(leftPrefix.length), to.name.slice(rightPrefix.length));
    if (order < 0) i += 1;
    else if (order > 0) j += 1;
    else {
      i += 1;
      j += 1;
    }
    const name = order > 0 ? to.name.slice(rightPrefix.length) : from.name.slice(leftPrefix.length);
    const pair = { name, from: order > 0 ? null : from, to: order < 0 ? null : to, names: { from: leftPrefix + name, to: rightPrefix + name } };
    const kind = kindOf(pair);
    if (kind === 'same') same += 1;
    else differences.push({ ...pair, kind });
  }
  return { differences, same };
}

function kindOf({ from, to }) {
  if (!to) return 'removed';
  if (!from) return 'added';
  if (isHidden(from) || isHidden(to)) return isHidden(from) && isHidden(to) ? 'unknown' : 'changed';
  return from.value === to.value ? 'same' : 'changed';
}

/** Whether an item's text is not shown: a masked secret, or a shredded one. */
export function isHidden(item) {
  return Boolean(item && (item.masked || item.shredded || item.value === null || item.value === undefined));
}

/** How many differences there are of each kind. */
export function countKinds(differences) {
  const counts = { added: 0, changed: 0, removed: 0, unknown: 0 };
  for (const { kind } of differences) counts[kind] += 1;
  return counts;
}

/** The differences of one kind whose name or values contain the text, ignoring letter case. */
export function filterDifferences(differences, { text = '', kind = '' }) {
  const wanted = text.toLowerCase();
  if (!wanted && !kind) return differences;
  const contains = (value) => typeof value === 'string' && value.toLowerCase().includes(wanted);
  return differences.filter((each) => (!kind || each.kind === kind)
    && (!wanted || contains(each.name) || contains(each.from?.value) || contains(each.to?.value)));
}

/**
 * A difference on one line.
 * @returns {{form: 'secret'|'same'|'words'|'members'|'lines'|'text', [key: string]: unknown}}
 */
export function briefOf({ from, to }) {
  if (isHidden(from) || isHidden(to)) return { form: 'secret', shredded: Boolean(from?.shredded || to?.shredded) };
  if (!from || !to) return { form: 'text', text: beginning((to ?? from).value), added: !from };
  const [before, after] = [from.value, to.value];
  if (before === after) return { form: 'same' };
  const members = membersOf(before, after, to.content_type);
  if (members) return { form: 'members', members: members.slice(0, MEMBERS), more: Math.max(0, members.length - MEMBERS) };
  if (before.length <= BRIEF_LENGTH && after.length <= BRIEF_LENGTH && !/[\n\r]/.test(before + after)) {
    const words = diffWords(before, after);
    return { form: 'words', before: words?.before ?? whole(before), after: words?.after ?? whole(after) };
  }
  return { form: 'lines', before: linesIn(before), after: linesIn(after), length: after.length - before.length };
}

/** Whether the one line shows all that differs. */
export function isWhole(brief) {
  if (brief.form === 'members') return brief.more === 0;
  return brief.form === 'text' ? !brief.text.endsWith('…') : brief.form !== 'lines';
}

function membersOf(before, after, type) {
  if (before.length > JSON_LENGTH || after.length > JSON_LENGTH || !isJson(before, type) || !isJson(after, type)) return null;
  const [left, right] = [parseJson(before), parseJson(after)];
  if (!left.ok || !right.ok) return null;
  const members = diffMembers(left.value, right.value);
  return members.length > 0 && members[0].pointer !== '' ? members : null;
}

function whole(text) {
  return [{ text, changed: true }];
}

function linesIn(text) {
  return text.split('\n').length;
}

/** The beginning of a value on one line. */
export function beginning(value) {
  const line = value.slice(0, 400).replace(/\s+/g, ' ').trim();
  return line.length > BRIEF_LENGTH || value.length > 400 ? `${line.slice(0, BRIEF_LENGTH)}…` : line;
}

/** A JSON Pointer as words: `/a/b~1c` is `a › b/c`. */
export function memberName(pointer) {
  return pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join(' › ');
}

/**
 * The edit that makes the right side of a difference like its left side, or null where the text is not known.
 * @returns {import('./changeset.js').Edit | null}
 */
export function editTowardsLeft({ name, names, from, to }) {
  if (isHidden(from)) return null;
  const target = names?.to ?? name;
  const base = { name: target, base: to?.revision ?? 0, ...(isHidden(to) ? {} : { before: to?.value ?? null }) };
  if (!from) return to ? { ...base, kind: 'delete' } : null;
  return { ...base, kind: 'set', value: from.value, contentType: from.content_type, ...(from.secret ? { secret: true } : {}) };
}
