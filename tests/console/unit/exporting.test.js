import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportOf, fileNameOf, Unfit, variableOf } from '../../../src/presentation/http/console/exporting.js';
import { entriesOf } from '../../../src/presentation/http/console/importing.js';

const item = (name, value) => ({ name, value });
const items = [item('p/a', 'plain'), item('p/db/url', "it's\n\"x\" \\ $y"), item('p/empty', ''), item('p/json', '{"a": [1]}')];

test('both forms of JSON are imported again as they were', () => {
  for (const format of ['json', 'nested']) {
    const { text } = exportOf(items, 'p/', format);
    assert.deepEqual(entriesOf(text, 'json').map(({ name, value }) => item(`p/${name}`, value)), items, format);
  }
});

test('a .env file keeps every value under the variable of its name', () => {
  const { text, notes } = exportOf(items, 'p/', 'dotenv');
  assert.deepEqual(entriesOf(text, 'dotenv').map(({ name, value }) => [name, value]), [['A', 'plain'], ['DB_URL', items[1].value], ['EMPTY', ''], ['JSON', '{"a": [1]}']]);
  assert.equal(notes.length, 1);
});

test('secrets are left out and named', () => {
  const { left, written, text } = exportOf([...items, { name: 'p/token', value: null, masked: true }, { name: 'p/gone', value: null, shredded: true }], 'p/', 'json');
  assert.deepEqual([left, written, text.includes('token')], [['p/token', 'p/gone'], 4, false]);
});

test('what a format would lose is refused with the name', () => {
  for (const [list, format, message] of [
    [[item('p/a', '1'), item('p/a/b', '2')], 'nested', /"p\/a\/b" is below/], [[item('p/a/b', '2'), item('p/a', '1')], 'nested', /others are below/],
    [[item('p/a-b', '1'), item('p/a_b', '2')], 'dotenv', /both become A_B/], [[item('p/1', '1')], 'dotenv', /no environment variable/],
    [[item('p/a', 'x y\\')], 'dotenv', /backslash/], [[item('p/', '1')], 'json', /prefix itself/],
  ]) assert.throws(() => exportOf(list, 'p/', format), (error) => error instanceof Unfit && message.test(error.message), message);
});

test('names that objects have already are members like any other', () => {
  const list = [item('__proto__', '1'), item('constructor', '2')];
  assert.deepEqual(entriesOf(exportOf(list, '', 'json').text, 'json').map(({ name, value }) => item(name, value)), list);
  assert.match(exportOf([item('__proto__/a', '1')], '', 'nested').text, /"__proto__"/);
});

test('a variable is in upper case, with an underscore for what is no letter or digit', () => {
  assert.deepEqual(['db/pool-size', 'a.b', '2fa', '/'].map(variableOf), ['DB_POOL_SIZE', 'A_B', undefined, undefined]);
});

test('the file is named by what it holds and its revision', () => {
  assert.deepEqual([fileNameOf('prod/api/', 7, 'json'), fileNameOf('', 7, 'env'), fileNameOf('../<x>', 7, 'json')], ['prod-api-at-7.json', 'all-at-7.env', 'x-at-7.json']);
});
