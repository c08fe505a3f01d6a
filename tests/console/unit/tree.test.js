import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNames, foldersAbove, foldersOf, rangeOf, visibleFolders } from '../../../src/presentation/http/console/tree.js';

const listOf = (...names) => names.map((name) => ({ name, revision: 1 }));
const byBytes = (left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right));

/** Names that are hard to order: shared beginnings, separators, and characters on both sides of the surrogates. */
function hardNames() {
  const segments = ['', 'a', 'b', 'a-', 'a!', 'é', '\uffff', '\ue000', '\u{1f600}', 'z~'];
  return segments.flatMap((first) => segments.map((second) => `${first}/${second}`)).concat(segments.slice(1));
}

test('names are ordered by their UTF-8 bytes', () => {
  const names = hardNames();
  assert.deepEqual([...names].sort(compareNames), [...names].sort(byBytes));
});

test('the range of a prefix has exactly the names that begin with it', () => {
  const items = listOf(...hardNames().sort(byBytes));
  for (const prefix of ['', 'a', 'a/', 'a/a', 'é/', '\u{1f600}/', 'nothing', 'zz']) {
    const [start, end] = rangeOf(items, prefix);
    const expected = items.filter(({ name }) => name.startsWith(prefix));
    assert.deepEqual(items.slice(start, end), expected, `prefix ${prefix}`);
  }
});

test('folders are counted with everything below them', () => {
  const items = listOf('a', 'a-b', 'a/x', 'a/y/1', 'a/y/2', 'b/z');
  assert.deepEqual(foldersOf(items, ''), [{ prefix: 'a/', label: 'a', count: 3 }, { prefix: 'b/', label: 'b', count: 1 }]);
  assert.deepEqual(foldersOf(items, 'a/'), [{ prefix: 'a/y/', label: 'y', count: 2 }]);
  assert.deepEqual(foldersOf(items, 'b/'), []);
});

test('a folder of ten thousand names is one folder', () => {
  const items = listOf(...Array.from({ length: 10_000 }, (_, index) => `f/${String(index).padStart(5, '0')}`), 'g/1');
  assert.deepEqual(foldersOf(items, '').map(({ count }) => count), [10_000, 1]);
});

test('the visible rows follow the expanded folders, with level and position', () => {
  const items = listOf('a/b/c', 'a/d', 'e/f');
  const rows = visibleFolders(items, new Set(['a/']));
  assert.deepEqual(rows.map(({ prefix, level, position, siblings, expandable, open }) => [prefix, level, position, siblings, expandable, open]), [
    ['', 1, 1, 3, false, false],
    ['a/', 1, 2, 3, true, true],
    ['a/b/', 2, 1, 1, false, false],
    ['e/', 1, 3, 3, false, false],
  ]);
});

test('the folders above a name end at its last slash', () => {
  assert.deepEqual(foldersAbove('a/b/c'), ['a/', 'a/b/']);
  assert.deepEqual(foldersAbove('a/b/'), ['a/', 'a/b/']);
  assert.deepEqual(foldersAbove('a'), []);
});
