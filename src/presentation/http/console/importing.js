// Files of values as names and texts, and what importing them would change. No DOM.
//
// The rules are those of the command line: nested objects join their keys with `/`, arrays are one value of JSON, and
// numbers stay as they are written.

import { tokensOf, parseJson } from './json.js';
import { compareNames } from './tree.js';

/** @typedef {{name: string, value: string, contentType?: string}} Entry */

/** A file that cannot be imported, with what to do about it. */
export class Unreadable extends Error {}

export const FORMATS = [['json', 'JSON'], ['dotenv', '.env']];

/** The format of a file by its name, or undefined. */
export function formatOf(fileName) {
  if (/\.json$/i.test(fileName)) return 'json';
  if (/(^|\/|\.)env(\.[\w-]+)?$/i.test(fileName)) return 'dotenv';
  return undefined;
}

/** Whether the command line reads a file that the console does not. */
export function isForCommandLine(fileName) {
  return /\.(ya?ml|toml|properties)$/i.test(fileName);
}

/**
 * @param {string} text
 * @param {'json'|'dotenv'} format
 * @returns {Entry[]} sorted by name
 */
export function entriesOf(text, format) {
  const clean = text.replace(/^\ufeff/, '');
  const entries = format === 'json' ? jsonEntries(clean) : dotenvEntries(clean);
  const names = new Set();
  for (const { name } of entries) {
    if (names.has(name)) throw new Unreadable(`The name "${name}" is there twice: remove one of them.`);
    names.add(name);
  }
  return entries.sort((left, right) => compareNames(left.name, right.name));
}

function jsonEntries(text) {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Unreadable(`This is not valid JSON: ${parsed.message}, line ${parsed.line}, column ${parsed.column}.`);
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    throw new Unreadable('The file must be one JSON object whose members are the values.');
  }
  const entries = [];
  readObject(tokensOf(text), 1, '', entries);
  return entries;
}

/** Reads the members of an object from its tokens, so that long numbers are not rounded. */
function readObject(tokens, start, folder, entries) {
  let index = start;
  while (tokens[index].text !== '}') {
    const name = folder + JSON.parse(tokens[index].text);
    index += 2;
    const { type, text } = tokens[index];
    if (text === '{') {
      if (tokens[index + 1].text === '}') throw new Unreadable(`"${name}" is an empty object, which is not a value: write it as a text, or remove it.`);
      index = readObject(tokens, index + 1, `${name}/`, entries);
    } else if (text === '[') {
      const end = endOfArray(tokens, index);
      entries.push({ name, value: tokens.slice(index, end + 1).map((token) => token.text).join(''), contentType: 'application/json' });
      index = end + 1;
    } else if (text === 'null') {
      throw new Unreadable(`"${name}" is null, which is not a value: write an empty text, or remove it.`);
    } else {
      entries.push({ name, value: type === 'string' ? JSON.parse(text) : text });
      index += 1;
    }
    if (tokens[index].text === ',') index += 1;
  }
  return index + 1;
}

function endOfArray(tokens, start) {
  let depth = 0;
  for (let index = start; ; index++) {
    if (tokens[index].text === '[') depth += 1;
    else if (tokens[index].text === ']' && --depth === 0) return index;
  }
}

const BLANK = /[ \t\r\v\f]/;
const VARIABLE = /^[^\s\u0000-\u001f=#'"`$();&|<>]+$/;
const ESCAPES = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', "'": "'", $: '$', '`': '`' };

function dotenvEntries(text) {
  const entries = [];
  let position = 0;
  const lineOf = (place) => text.slice(0, place).split('\n').length;
  const endOfLine = () => (text.indexOf('\n', position) < 0 ? text.length : text.indexOf('\n', position));
  while (position < text.length) {
    while (BLANK.test(text[position] ?? '')) position += 1;
    if (text[position] === '\n' || text[position] === '#' || position >= text.length) {
      position = endOfLine() + 1;
      continue;
    }
    const equals = text.indexOf('=', position);
    const line = lineOf(position);
    const name = equals < 0 || equals > endOfLine() ? '' : text.slice(position, equals).replace(/^export\s+/, '').trim();
    // The line may be a part of a value, so it is not shown.
    if (!VARIABLE.test(name)) throw new Unreadable(`Line ${line} is not NAME=value: put a value of several lines in quotes.`);
    position = equals + 1;
    while (BLANK.test(text[position] ?? '')) position += 1;
    const quote = text[position];
    if (quote === '`') throw new Unreadable(`Line ${line}: programs read backticks differently; use single or double quotes.`);
    if (quote === '"' || quote === "'") {
      const { value, end } = quoted(text, position, line);
      position = end;
      const rest = text.slice(position, endOfLine()).trim();
      if (rest && !rest.startsWith('#')) throw new Unreadable(`Line ${lineOf(position)}: text follows the closing quote.`);
      entries.push({ name, value });
    } else {
      const raw = text.slice(position, endOfLine());
      const comment = /(^|[ \t])#/.exec(raw);
      entries.push({ name, value: (comment ? raw.slice(0, comment.index) : raw).trim() });
    }
    position = endOfLine() + 1;
  }
  return entries;
}

function quoted(text, start, line) {
  const quote = text[start];
  let value = '';
  for (let position = start + 1; position < text.length; position++) {
    const character = text[position];
    if (character === quote) return { value, end: position + 1 };
    if (character === '\\' && quote === '"') {
      position += 1;
      const escaped = text[position] ?? '';
      value += Object.hasOwn(ESCAPES, escaped) ? ESCAPES[escaped] : `\\${escaped}`;
    } else if (character !== '\r' || text[position + 1] !== '\n') value += character;
  }
  throw new Unreadable(`Line ${line}: the quotes are not closed.`);
}

/**
 * What importing the entries would do.
 * @param {Entry[]} entries with their full names
 * @param {object[]} items what is there under the prefix, with values
 * @param {{prune?: boolean}} how `prune`: what the file does not have is deleted
 * @returns {{name: string, kind: 'added'|'changed'|'removed'|'same', from: object|null, to: object|null}[]}
 *   a secret counts as changed, because this page cannot compare it
 */
export function planOf(entries, items, { prune = false } = {}) {
  const there = new Map(items.map((item) => [item.name, item]));
  const plan = entries.map(({ name, value, contentType }) => {
    const from = there.get(name) ?? null;
    const hidden = from && (from.masked || from.shredded || typeof from.value !== 'string');
    const to = hidden ? { value: null, masked: true, text: value } : { value, content_type: contentType ?? from?.content_type };
    return { name, kind: !from ? 'added' : from.value === value ? 'same' : 'changed', from, to };
  });
  if (prune) {
    const named = new Set(entries.map(({ name }) => name));
    for (const item of items) if (!named.has(item.name)) plan.push({ name: item.name, kind: 'removed', from: item, to: null });
  }
  return plan.sort((left, right) => compareNames(left.name, right.name));
}

/** A plan as edits of the change set; what is the same needs none. */
export function editsOf(plan) {
  return plan.filter(({ kind }) => kind !== 'same').map(({ name, from, to }) => {
    const base = { name, base: from?.revision ?? 0, ...(from && typeof from.value !== 'string' ? {} : { before: from?.value ?? null }) };
    if (!to) return { ...base, kind: 'delete' };
    return { ...base, kind: 'set', value: to.text ?? to.value, ...(to.content_type ? { contentType: to.content_type } : {}) };
  });
}
