// Searching names. No DOM.

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
