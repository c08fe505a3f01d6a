import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedSince } from '../../../src/presentation/http/console/since.js';

const item = (name, revision = 1) => ({ name, revision });

test('what changed since is set, removed or added', () => {
  const then = [item('a', 1), item('b', 1), item('c', 2)];
  const now = [item('a', 1), item('c', 5), item('d', 6)];
  const changed = changedSince(then, now);
  assert.deepEqual([...changed].map(([name, { kind }]) => [name, kind]), [['b', 'removed'], ['c', 'changed'], ['d', 'added']]);
});

test('two lists of the same items have no change', () => {
  const items = [item('a'), item('b')];
  assert.equal(changedSince(items, [...items]).size, 0);
});
