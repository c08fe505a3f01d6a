import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localTime, plural, relativeTime, visibleParts, visibleText } from '../../../src/presentation/http/console/format.js';

const NOW = Date.parse('2026-01-15T10:00:00Z');
const before = (seconds) => new Date(NOW - seconds * 1000).toISOString();

test('times are relative in the largest whole unit', () => {
  const expected = [[0, 'just now'], [30, '30 seconds ago'], [60, '1 minute ago'], [7199, '1 hour ago'], [90_000, '1 day ago'],
    [86_400 * 8, '1 week ago'], [86_400 * 400, '1 year ago'], [-3600, 'in 1 hour']];
  for (const [seconds, text] of expected) assert.equal(relativeTime(before(seconds), NOW), text);
});

test('an unreadable instant stays as it is written', () => {
  assert.equal(localTime('soon'), 'soon');
  assert.equal(relativeTime('soon', NOW), '');
});

test('one is singular', () => {
  assert.deepEqual([plural(0, 'name'), plural(1, 'name'), plural(12_345, 'name')], ['0 names', '1 name', '12,345 names']);
});

test('characters that cannot be seen or that turn the text are shown by code point', () => {
  assert.deepEqual(visibleParts('a\u202eb\u0007'), ['a', { hidden: 'U+202E' }, 'b', { hidden: 'U+0007' }]);
  assert.equal(visibleText('x\u200by\ufeff'), 'x[U+200B]y[U+FEFF]');
  assert.equal(visibleText('\u{e0041}'), '[U+E0041]');
});

test('ordinary text stays one part, with its tabs, line feeds and emoji', () => {
  for (const text of ['', 'a\tb\nc', 'grüße 😀 日本', '<script>']) assert.deepEqual(visibleParts(text), [text]);
});
