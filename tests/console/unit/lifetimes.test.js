import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAttention, EXPIRIES, expiryOf, GRACES, isDuration, timeLeft } from '../../../src/presentation/http/console/lifetimes.js';

const NOW = Date.parse('2026-01-15T10:00:00Z');

test('durations are those that the server reads, and above zero', () => {
  for (const text of ['30days', '1h', '2days 3h', '1year', '1M', '15 min', '250ms']) assert.equal(isDuration(text), true, text);
  for (const text of ['', '0s', 'soon', '5', '-1s', '1 fortnight', 'h']) assert.equal(isDuration(text), false, text);
});

test('every duration that a form offers is one', () => {
  for (const [value] of [...EXPIRIES, ...GRACES]) assert.equal(value === '' || isDuration(value), true, value);
});

test('an expiry is near within fourteen days', () => {
  assert.equal(expiryOf(null, NOW), 'never');
  assert.equal(expiryOf('2026-01-15T09:59:59Z', NOW), 'expired');
  assert.equal(expiryOf('2026-01-28T10:00:00Z', NOW), 'near');
  assert.equal(expiryOf('2026-01-29T10:00:00Z', NOW), 'later');
});

test('tokens that end soon come first, then all others by name, and expired ones last', () => {
  const token = (name, expires_at) => ({ name, expires_at });
  const tokens = [token('b', null), token('c', '2026-01-20T00:00:00Z'), token('a', '2027-01-01T00:00:00Z'), token('d', '2026-01-16T00:00:00Z'), token('A', '2026-01-01T00:00:00Z')];
  assert.deepEqual(byAttention(tokens, NOW).map(({ name }) => name), ['d', 'c', 'a', 'b', 'A']);
});

test('the time that is left is said in its largest whole unit', () => {
  assert.equal(timeLeft('2026-01-25T09:00:00Z', NOW), '9 days');
  assert.equal(timeLeft('2026-01-15T15:30:00Z', NOW), '5 hours');
  assert.equal(timeLeft('2026-01-15T10:00:10Z', NOW), 'under a minute');
});
