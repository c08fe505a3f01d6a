import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorOf, verdictOf } from '../../../src/presentation/http/console/health.js';
import { rate, seconds } from '../../../src/presentation/http/console/metric-units.js';

const OK = { eventstore: 'ok', projection: 'ok', database: 'ok', clock: 'ok' };

test('a check that is down is named, before any lag', () => {
  const verdict = verdictOf({ checks: { ...OK, database: 'down', eventstore: 'down' }, details: { lag: 3, lag_seconds: 9 } });
  assert.equal(verdict.tone, 'bad');
  assert.equal(verdict.title, 'Event store and Database down');
});

test('a server is behind by revisions, by time, or where it was never level', () => {
  assert.equal(verdictOf({ checks: OK, details: { lag: 1, lag_seconds: 0 } }).title, '1 revision behind');
  assert.match(verdictOf({ checks: OK, details: { lag: 0, lag_seconds: 60 } }).text, /60 s ago/);
  assert.match(verdictOf({ checks: OK, details: { lag: 0, lag_seconds: null } }).text, /never/);
  assert.equal(verdictOf({ checks: OK, details: { lag: 0, lag_seconds: 1 } }).tone, 'good');
  assert.equal(verdictOf({ checks: OK }).tone, 'good');
});

test('a server that only reads says so, also while it is behind', () => {
  const health = { checks: OK, details: { lag: 2, lag_seconds: 9 } };
  assert.equal(verdictOf(health, { onlyReads: true }).title, 'Read-only, and 2 revisions behind');
  assert.equal(verdictOf({ checks: OK }, { onlyReads: true }).title, 'Healthy, read-only');
});

test('an anchor is written as the command line reads it', () => {
  assert.equal(anchorOf({ revision: 87, hash: 'c6bd' }), '87:c6bd');
});

test('rates and times are short', () => {
  assert.deepEqual([0, 0.25, 12.34, 1234.5].map(rate), ['0/s', '0.25/s', '12.3/s', '1235/s']);
  assert.deepEqual([0, 0.00025, 0.0015, 0.25, 2, 600].map(seconds), ['0', '250 µs', '1.5 ms', '250 ms', '2 s', '10 min']);
});
