import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredValues, differenceOf, keepMine, refusedOf, staleOf } from '../../../src/presentation/http/console/edits.js';

const set = (more = {}) => ({ name: 'a', kind: 'set', value: '2', base: 3, before: '1', ...more });

test('an edit adds, changes, deletes, or is the same', () => {
  const kinds = [set({ base: 0, before: null }), set(), set({ value: '1' }), { name: 'a', kind: 'delete', base: 3, before: '1' }].map((edit) => differenceOf(edit).kind);
  assert.deepEqual(kinds, ['added', 'changed', 'same', 'removed']);
});

test('the text of a secret is on neither side', () => {
  for (const edit of [set({ secret: true }), set({ before: undefined })]) {
    const { from, to } = differenceOf(edit);
    assert.deepEqual([from.value, to.value, from.masked, to.masked], [null, null, true, true]);
  }
});

test('an edit is stale where its name has another revision now, or is absent', () => {
  const items = [{ name: 'a', revision: 3 }, { name: 'a/b', revision: 9 }, { name: 'c', revision: 5 }];
  const edits = [set(), set({ name: 'c' }), set({ name: 'b' }), set({ name: 'd', base: 0 })];
  assert.deepEqual([...staleOf(edits, { items, revision: 9 })], [['c', 5], ['b', 0]]);
});

test('an older list says nothing about an edit of something newer', () => {
  assert.deepEqual([...staleOf([set({ base: 7 })], { items: [{ name: 'a', revision: 3 }], revision: 6 })], []);
});

test('a refusal is about the edits that were sent, until each is another one', () => {
  const [a, b] = [set(), set({ name: 'b' })];
  const refusal = { edits: [a, b], failed: [{ name: 'a', current_revision: 8 }, { name: 'b', current_revision: 9 }], errors: [{ name: 'b', pointer: '', detail: 'x' }] };
  assert.deepEqual([...refusedOf([{ ...a, base: 8 }, b], refusal).conflicts], [['b', 9]]);
  assert.deepEqual([...refusedOf([a, b], refusal).violations.keys()], ['b']);
  assert.deepEqual(refusedOf([a, { ...b }], refusal).violations.size, 0);
});

test('keeping mine bases the edit on theirs', () => {
  assert.deepEqual(keepMine(set(), { value: '9', revision: 8 }), set({ base: 8, before: '9' }));
  assert.deepEqual(keepMine(set(), null), set({ base: 0, before: null }));
  assert.equal('before' in keepMine(set(), { value: null, masked: true, revision: 8 }), false);
  assert.equal(keepMine({ name: 'a', kind: 'delete', base: 3 }, null), null);
});

test('a file of desired values holds no secrets and deletes nothing', () => {
  assert.equal(desiredValues([set()]), '{\n  "a": "2"\n}');
  assert.equal(desiredValues([set({ secret: true })]), null);
  assert.equal(desiredValues([set(), { name: 'b', kind: 'delete', base: 1 }]), null);
});
