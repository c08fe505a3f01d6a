// Names as a tree by `/`, computed from a sorted list without building it: a folder is a range of the list. No DOM.
//
// Everything here needs only that the names under one folder are neighbours, which sorting by bytes promises.

/** Orders names as the server does: by their UTF-8 bytes, which is the order of their code points. */
export function compareNames(left, right) {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return codeUnitRank(a) - codeUnitRank(b);
  }
  return left.length - right.length;
}

// Surrogates stand for code points above every other code unit, so they sort behind U+E000 to U+FFFF.
function codeUnitRank(unit) {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The first index from `from` to `to` whose item does not match, where all that match come first. */
function endOfRun(from, to, matches) {
  let step = 1;
  let low = from;
  while (low + step < to && matches(low + step)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, to);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The range `[start, end)` of the items whose name begins with the prefix. */
export function rangeOf(items, prefix) {
  if (!prefix) return [0, items.length];
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(items[middle].name, prefix) < 0) low = middle + 1;
    else high = middle;
  }
  if (low === items.length || !items[low].name.startsWith(prefix)) return [low, low];
  return [low, endOfRun(low, items.length, (index) => items[index].name.startsWith(prefix))];
}

/** The folders directly under a folder: `[{prefix, label, count}]`, where `count` is the number of values in it. */
export function foldersOf(items, prefix) {
  const [start, end] = rangeOf(items, prefix);
  const folders = [];
  let index = start;
  while (index < end) {
    const slash = items[index].name.indexOf('/', prefix.length);
    if (slash < 0) {
      index += 1;
      continue;
    }
    const folder = items[index].name.slice(0, slash + 1);
    const next = endOfRun(index, end, (at) => items[at].name.startsWith(folder));
    folders.push({ prefix: folder, label: folder.slice(prefix.length, -1), count: next - index });
    index = next;
  }
  return folders;
}

/**
 * The visible rows of the tree, top to bottom, as the ARIA tree pattern needs them.
 * @param {Set<string>} open the prefixes of the expanded folders
 */
export function visibleFolders(items, open) {
  const rows = [{ prefix: '', label: 'All values', count: items.length, level: 1, expandable: false, open: false }];
  const walk = (prefix, level) => {
    const folders = foldersOf(items, prefix);
    folders.forEach((folder, index) => {
      const expandable = hasFolders(items, folder.prefix);
      const isOpen = expandable && open.has(folder.prefix);
      rows.push({ ...folder, level, expandable, open: isOpen, position: index + 1, siblings: folders.length });
      if (isOpen) walk(folder.prefix, level + 1);
    });
  };
  walk('', 1);
  rows[0].position = 1;
  rows[0].siblings = rows.filter((row) => row.level === 1).length;
  for (const row of rows.slice(1)) if (row.level === 1) Object.assign(row, { position: row.position + 1, siblings: row.siblings + 1 });
  return rows;
}

function hasFolders(items, prefix) {
  const [start, end] = rangeOf(items, prefix);
  for (let index = start; index < end; index++) if (items[index].name.indexOf('/', prefix.length) >= 0) return true;
  return false;
}

/** The prefixes of all folders above a name or prefix: `a/b/c` is in `a/` and `a/b/`. */
export function foldersAbove(name) {
  const folders = [];
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) folders.push(name.slice(0, slash + 1));
  return folders;
}
