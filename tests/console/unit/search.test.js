import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, partsOf } from '../../../src/presentation/http/console/search.js';

const item = (name, revision = 1) => ({ name, revision });

test('a search ignores letter case and stays inside the range', () => {
  const items = [item('a/Db'), item('a/x'), item('b/dB')];
  assert.deepEqual(matching(items, [0, 3], 'DB').map(({ name }) => name), ['a/Db', 'b/dB']);
  assert.deepEqual(matching(items, [0, 2], 'db').map(({ name }) => name), ['a/Db']);
  assert.equal(matching(items, [0, 3], ''), items);
});

test('the found text is marked in the name as it is written', () => {
  assert.deepEqual(partsOf('a/DB/db', 'db'), [
    { text: 'a/', found: false }, { text: 'DB', found: true }, { text: '/', found: false }, { text: 'db', found: true },
  ]);
  assert.deepEqual(partsOf('İx', 'x'), [{ text: 'İx', found: false }]);
});
