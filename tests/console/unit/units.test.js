import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, duration, size } from '../../../src/presentation/http/console/units.js';

test('sizes are in binary units', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 20_480, 1_048_576].map(size), ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '20 KiB', '1.0 MiB']);
  assert.equal(bytesOf('ü€😀'), 9);
});

test('durations are in the largest whole unit', () => {
  assert.deepEqual([0, 1, 59, 60, 7200, 86_400 * 3].map(duration), ['0 seconds', '1 second', '59 seconds', '1 minute', '2 hours', '3 days']);
});
