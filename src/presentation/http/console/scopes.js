// What the scopes of a token allow, in words and in decisions. The server decides in the end. No DOM.

import { covers } from './protection.js';

/** @typedef {{prefix: string, actions?: string[], deny?: string[]}} Scope */

/** The actions in the order in which they are shown. */
export const ACTIONS = [
  { action: 'read', label: 'read', verb: 'read', hint: 'values, lists, histories and the past; secrets stay masked' },
  { action: 'write', label: 'write', verb: 'write', hint: 'set, delete, restore and revert; it does not include read' },
  { action: 'reveal', label: 'reveal', verb: 'reveal secrets in', hint: 'secrets in clear text; includes read' },
  { action: 'admin', label: 'admin', verb: 'administer', hint: 'tokens and schemas; includes no other action' },
];

/** What an administrator of everything may do. */
export const EVERYTHING = { prefix: '', actions: ACTIONS.map(({ action }) => action) };

/** Whether a scope has admin, on any prefix: such a token may list tokens. @param {Scope[]} scopes */
export function administers(scopes) {
  return scopes.some(({ actions }) => actions?.includes('admin'));
}

/** Whether the scopes allow an action on a prefix and everything below it. @param {Scope[]} scopes */
export function allowsAll(scopes, action, prefix) {
  const meant = action === 'read' ? ['read', 'reveal'] : [action];
  const allowed = scopes.some(({ prefix: own, actions }) => actions?.some((one) => meant.includes(one)) && covers(own, bare(prefix)));
  const denied = scopes.some(({ prefix: own, deny }) => deny?.includes(action) && (covers(own, bare(prefix)) || covers(prefix, bare(own))));
  return allowed && !denied;
}

/** The prefixes that a token may administer, for the scopes of the tokens that it makes. */
export function administeredPrefixes(scopes) {
  return scopes.filter(({ actions }) => actions?.includes('admin')).map(({ prefix }) => prefix);
}

/** `app` and `app/` are the same scope. */
function bare(prefix) {
  return prefix.replace(/\/$/, '');
}

/** A scope as the command line takes it: `app/web:read,write`. */
export function argumentOf({ prefix, actions, deny }) {
  return `${prefix}:${(actions ?? deny).join(',')}`;
}

/** `read and write app/web`, as parts of which the prefix can be set apart. @param {Scope} scope */
export function wordsOf({ actions, deny }) {
  const verbs = ACTIONS.filter(({ action }) => (actions ?? deny).includes(action)).map(({ verb }) => verb);
  return `${deny ? 'may not' : 'may'} ${listed(verbs, deny ? 'or' : 'and')}`;
}

function listed(words, conjunction) {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

/**
 * A row of the form: `effect` is `allow` or `deny`.
 * @typedef {{effect: string, prefix: string, actions: string[]}} Row
 */

/** @param {Row[]} rows @returns {Scope[]} */
export function scopesOf(rows) {
  return rows.map(({ effect, prefix, actions }) => {
    const ordered = ACTIONS.map(({ action }) => action).filter((action) => actions.includes(action));
    return effect === 'deny' ? { prefix: prefix.trim(), deny: ordered } : { prefix: prefix.trim(), actions: ordered };
  });
}

/** What is wrong with a row, in words; null if nothing is. @param {Row} row */
export function problemOf({ effect, actions, prefix }) {
  if (actions.length === 0) return 'choose at least one action';
  if (effect === 'deny' && /^\s*\/?\s*$/.test(prefix)) return 'write what is denied: without a prefix nothing would be left';
  if (/^\s*\//.test(prefix)) return 'a prefix does not begin with /';
  if (/\/\//.test(prefix)) return 'a prefix has no empty segment';
  if (/(^|\/)\.{1,2}(\/|$)/.test(prefix)) return 'a prefix has no segment . or ..';
  return null;
}

/** What a new token can do that its maker should think about. @param {Scope[]} scopes @returns {string[]} */
export function cautionsOf(scopes) {
  const cautions = [];
  const everything = scopes.filter(({ prefix, actions }) => actions && bare(prefix) === '');
  if (everything.some(({ actions }) => actions.includes('admin'))) cautions.push('It administers everything: it can make a token that may do anything.');
  else if (everything.some(({ actions }) => actions.includes('write'))) cautions.push('It may change every value. A prefix keeps a mistake small.');
  if (everything.some(({ actions }) => actions.includes('reveal'))) cautions.push('It may see every secret in clear text.');
  if (!scopes.some(({ actions }) => actions)) cautions.push('It has denies alone, so it can do nothing.');
  return cautions;
}
