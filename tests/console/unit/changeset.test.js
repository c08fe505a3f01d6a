import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChangeSet } from '../../../src/presentation/http/console/changeset.js';

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

test('edits survive a reload, in the order of their names', () => {
  const kept = storage();
  const changeSet = createChangeSet(kept);
  changeSet.add({ name: 'b', kind: 'delete', base: 3 });
  changeSet.add({ name: 'a', kind: 'set', value: '1', base: 0, before: null });
  assert.deepEqual(createChangeSet(kept).list().map(({ name }) => name), ['a', 'b']);
});

test('a second edit of a name keeps what the first was based on', () => {
  const changeSet = createChangeSet(storage());
  changeSet.add({ name: 'a', kind: 'set', value: '1', base: 4, before: '0' });
  changeSet.add({ name: 'a', kind: 'set', value: '2', base: 9, before: '1' });
  assert.deepEqual(changeSet.list(), [{ name: 'a', kind: 'set', value: '2', base: 4, before: '0' }]);
});

test('operations check the revision that the edit saw', () => {
  const changeSet = createChangeSet(storage());
  changeSet.add({ name: 'a', kind: 'set', value: '1', contentType: 'application/json', secret: true, base: 0 });
  changeSet.add({ name: 'b', kind: 'delete', base: 3 });
  assert.deepEqual(changeSet.operations(), [
    { set: { name: 'a', value: '1', if_revision: 0, content_type: 'application/json', secret: true } },
    { delete: { name: 'b', if_revision: 3 } },
  ]);
});

test('listeners hear each change until they leave, and an empty set leaves nothing in the storage', () => {
  const kept = storage();
  const changeSet = createChangeSet(kept);
  const heard = [];
  const leave = changeSet.subscribe((edits) => heard.push(edits.length));
  changeSet.add({ name: 'a', kind: 'delete', base: 1 });
  changeSet.remove('a');
  leave();
  changeSet.add({ name: 'a', kind: 'delete', base: 1 });
  changeSet.clear();
  assert.deepEqual(heard, [1, 0]);
  assert.equal(kept.getItem('configapi.changeset'), null);
});

test('a damaged storage is an empty change set', () => {
  for (const text of ['{', '{}', '[null, 3]']) {
    const kept = storage();
    kept.setItem('configapi.changeset', text);
    assert.deepEqual(createChangeSet(kept).list(), []);
  }
});
