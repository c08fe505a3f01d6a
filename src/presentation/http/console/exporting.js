// Values as a file: JSON with one member for each name, nested JSON, or a .env file. No DOM.
//
// A file is written only if it loses nothing: otherwise the cause is said, and the name.

/** What cannot be written in a format, with the name that is the cause. */
export class Unfit extends Error {}

export const EXPORTS = [
  { id: 'json', label: 'JSON', file: 'json', command: 'json' },
  { id: 'nested', label: 'Nested JSON', file: 'json', command: 'nested' },
  { id: 'dotenv', label: '.env', file: 'env', command: 'dotenv' },
];

/** Whether the value of an item is known here. */
function isKnown({ value, masked, shredded }) {
  return typeof value === 'string' && !masked && !shredded;
}

/**
 * @param {object[]} items sorted by name
 * @param {string} prefix is cut from the names
 * @param {'json'|'nested'|'dotenv'} format
 * @returns {{text: string, written: number, left: string[], notes: string[]}} `left`: the names of secrets, whose text
 *   is not known
 */
export function exportOf(items, prefix, format) {
  const known = items.filter(isKnown).map((item) => ({ ...item, relative: item.name.slice(prefix.length) }));
  const left = items.filter((item) => !isKnown(item)).map(({ name }) => name);
  const nameless = known.find(({ relative }) => relative === '');
  if (nameless) throw new Unfit(`"${nameless.name}" is the prefix itself, so nothing of its name is left: export a shorter prefix.`);
  const notes = [];
  const text = format === 'dotenv' ? dotenv(known, notes) : `${JSON.stringify(format === 'nested' ? nested(known) : flat(known), null, 2)}\n`;
  return { text, written: known.length, left, notes };
}

function flat(items) {
  // Without a prototype, because a name may be `__proto__`.
  const object = Object.create(null);
  for (const { relative, value } of items) object[relative] = value;
  return object;
}

function nested(items) {
  const root = Object.create(null);
  for (const { relative, name, value } of items) {
    const segments = relative.split('/');
    const last = segments.pop();
    let folder = root;
    for (const segment of segments) {
      folder[segment] ??= Object.create(null);
      folder = folder[segment];
      if (typeof folder === 'string') throw new Unfit(`"${name}" is below a name that is a value itself: an object cannot be both.`);
    }
    if (last in folder) throw new Unfit(`"${name}" is a value, and others are below it: an object cannot be both.`);
    folder[last] = value;
  }
  return root;
}

function dotenv(items, notes) {
  const names = new Map();
  const lines = items.map(({ relative, name, value }) => {
    const variable = variableOf(relative);
    if (!variable) throw new Unfit(`"${name}" has no environment variable: its name must begin with a letter.`);
    if (names.has(variable)) throw new Unfit(`"${names.get(variable)}" and "${name}" both become ${variable}: export them apart.`);
    names.set(variable, name);
    return `${variable}=${quoted(name, value)}\n`;
  });
  if (items.some(({ relative }) => variableOf(relative) !== relative)) notes.push('Names became variables, which cannot be turned back: only JSON can be imported again as it was.');
  if (items.some(({ value }) => value.includes('${'))) notes.push('Some programs replace ${NAME} in a .env file by other variables.');
  return lines.join('');
}

/** `db/pool-size` is `DB_POOL_SIZE`. */
export function variableOf(name) {
  if (!/[a-z0-9]/i.test(name) || /^[0-9]/.test(name)) return undefined;
  return [...name].map((character) => (/[a-z0-9]/i.test(character) ? character.toUpperCase() : '_')).join('');
}

function quoted(name, text) {
  if (/^[\w./:@%+,-]*$/.test(text)) return text;
  if (text.endsWith('\\')) throw new Unfit(`The value of "${name}" ends with a backslash, which a .env file cannot carry: use JSON.`);
  if (!/['\r]|\\\\/.test(text)) return `'${text}'`;
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

/** A name for the downloaded file: what it holds, and from when. */
export function fileNameOf(prefix, revision, extension) {
  const place = prefix.replace(/\/$/, '').replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'all';
  return `${place}-at-${revision}.${extension}`;
}
