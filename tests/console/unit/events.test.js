import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sidesOf } from '../../../src/presentation/http/console/events.js';

const set = (data) => sidesOf({ event_type: 'ConfigValueSet', data: { config_name: 'a', ...data } });

test('a set without an old value adds, with one it changes', () => {
  assert.equal(set({ value: '1', old_value: null }).kind, 'added');
  assert.equal(set({ value: '2', old_value: '' }).kind, 'changed');
});

test('a masked old value is a value', () => {
  const { kind, from, to } = set({ value: null, masked: true, fingerprint: 'n', old_value: null, old_masked: true, old_fingerprint: 'o' });
  assert.equal(kind, 'changed');
  assert.equal(from.fingerprint, 'o');
  assert.equal(to.fingerprint, 'n');
});

test('a delete removes the value that it had', () => {
  const { kind, from, to } = sidesOf({ event_type: 'ConfigValueDeleted', data: { config_name: 'a', deleted_value: '1' } });
  assert.deepEqual([kind, from.value, to], ['removed', '1', null]);
});

test('a shred has no sides', () => {
  assert.deepEqual(sidesOf({ event_type: 'ConfigValueShredded', data: { config_name: 'a', versions: [1] } }), { name: 'a', kind: 'shredded', from: null, to: null });
});
