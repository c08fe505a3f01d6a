import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPoint } from '../../../src/presentation/http/console/points.js';

const point = (text) => readPoint(text, 100).point;

test('nothing, and the word now, are now', () => {
  assert.deepEqual(['', '  ', 'now', 'Now'].map((text) => readPoint(text, 100)), Array(4).fill({ ok: true, point: undefined }));
});

test('revisions, places, ages and instants are points', () => {
  assert.deepEqual(['42', '#42', '007', '42-9f3a1c2e', '15m', '2days 3h'].map(point), ['42', '42', '7', '42-9f3a1c2e', '15m', '2days 3h']);
  assert.equal(point('2026-01-15 10:00:00+02:00'), '2026-01-15T10:00:00+02:00');
});

test('a time without an offset is the time of the reader', () => {
  assert.equal(point('2026-01-15 10:30'), new Date(2026, 0, 15, 10, 30).toISOString());
  assert.equal(point('2026-01-15'), new Date(2026, 0, 15).toISOString());
});

test('a revision that does not exist yet, and what is no point, are refused with what to do', () => {
  assert.match(readPoint('101', 100).message, /newest is 100/);
  for (const text of ['yesterday', '2026-06-31 10:00', '2026-01-15 25:00', '12-xyz']) {
    assert.match(readPoint(text, 100).message, /Write a revision/, text);
  }
});
