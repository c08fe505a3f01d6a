import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmationNeeded, covers } from '../../../src/presentation/http/console/protection.js';

test('a prefix covers by whole segments', () => {
  assert.deepEqual(['app', 'app/b', 'app/b/c', 'apps', 'ap'].map((name) => covers('app/', name)), [true, true, true, false, false]);
  assert.equal(covers('', 'anything'), true);
});

test('few names need no confirmation', () => {
  assert.equal(confirmationNeeded([{ prefix: 'prod/', names_max: 2 }], ['prod/a', 'prod/b', 'dev/a', 'dev/b']), null);
});

test('of several protections the largest number counts, and of equal ones the first', () => {
  const names = ['prod/a/1', 'prod/a/2', 'prod/b'];
  const protections = [{ prefix: 'prod/a', names_max: 1 }, { prefix: 'prod', names_max: 1 }, { prefix: '', names_max: 2 }];
  assert.deepEqual(confirmationNeeded(protections, names), { prefix: 'prod', names: 3, limit: 1 });
});
