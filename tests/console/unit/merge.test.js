import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from '../../../src/presentation/http/console/merge.js';

const listOf = (...names) => names.map((name) => ({ name, revision: 1 }));
const changeOf = (revision, ...events) => ({
  revision, created_at: '2026-01-01T00:00:00Z', actor: 'ada', reason: null,
  events: events.map(([name, type = 'ConfigValueSet']) => ({ event_type: type, stream_version: 2, data: { config_name: name } })),
});

test('changes set, insert and remove, and keep the order', () => {
  const items = listOf('a', 'c', 'e');
  const after = applyChanges(items, [changeOf(2, ['d'], ['c', 'ConfigValueDeleted']), changeOf(3, ['a']), changeOf(4, ['f'], ['0'])]);
  assert.deepEqual(after.map(({ name, revision }) => [name, revision]), [['0', 4], ['a', 3], ['d', 2], ['e', 1], ['f', 4]]);
  assert.equal(after[3], items[2]);
});

test('of two changes of one name the later one counts', () => {
  const after = applyChanges([], [changeOf(1, ['a']), changeOf(2, ['a', 'ConfigValueDeleted']), changeOf(3, ['a'])]);
  assert.deepEqual(after.map(({ name, revision }) => [name, revision]), [['a', 3]]);
});

test('an event that is older than the item changes nothing', () => {
  const items = [{ name: 'a', revision: 9 }];
  assert.equal(applyChanges(items, [changeOf(5, ['a'])])[0], items[0]);
});
