import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editsOf, entriesOf, formatOf, isForCommandLine, planOf, Unreadable } from '../../../src/presentation/http/console/importing.js';

const pairs = (text, format) => entriesOf(text, format).map(({ name, value }) => [name, value]);

test('nested objects join their keys, and numbers stay as they are written', () => {
  assert.deepEqual(pairs('{"b": {"x/y": true, "n": 12345678901234567890}, "a": "t\\n", "f": 1.50}', 'json'),
    [['a', 't\n'], ['b/n', '12345678901234567890'], ['b/x/y', 'true'], ['f', '1.50']]);
});

test('an array is one value of JSON', () => {
  assert.deepEqual(entriesOf('{"l": [1.0, {"a": [ ]}, "x y"], "z": "1"}', 'json'), [
    { name: 'l', value: '[1.0,{"a":[]},"x y"]', contentType: 'application/json' }, { name: 'z', value: '1' }]);
});

test('a name may be one that objects have already', () => {
  assert.deepEqual(pairs('{"__proto__": {"a": "1"}, "constructor": "2"}', 'json'), [['__proto__/a', '1'], ['constructor', '2']]);
});

test('what cannot be read is refused with its place', () => {
  for (const [text, format, message] of [
    ['{"a": 1,}', 'json', /not valid JSON.*line 1/], ['[1]', 'json', /one JSON object/], ['{"a": null}', 'json', /null/], ['{"a": {}}', 'json', /empty object/],
    ['{"a": "1", "a": "2"}', 'json', /twice/], ['{"a": {"b": "1"}, "a/b": "2"}', 'json', /"a\/b" is there twice/],
    ['A=1\nnot a pair', 'dotenv', /Line 2/], ['A="x', 'dotenv', /quotes are not closed/], ["A='it's'", 'dotenv', /follows the closing quote/], ['A=`x`', 'dotenv', /backticks/],
  ]) assert.throws(() => entriesOf(text, format), (error) => error instanceof Unreadable && message.test(error.message), text);
});

test('a .env file has comments, exports, quotes, escapes and values of several lines', () => {
  assert.deepEqual(pairs('# c\r\nexport A=1 # x\nB = a#b \nC="x\\n\\"y\\"\\q"\nD=\'$A \\n\'\n\nE="two\nlines" # c\nF=\n', 'dotenv'),
    [['A', '1'], ['B', 'a#b'], ['C', 'x\n"y"\\q'], ['D', '$A \\n'], ['E', 'two\nlines'], ['F', '']]);
});

test('the format follows from the name of the file', () => {
  assert.deepEqual(['a.JSON', '.env', 'app.env', '.env.local', 'a.txt', 'environment'].map(formatOf), ['json', 'dotenv', 'dotenv', 'dotenv', undefined, undefined]);
  assert.deepEqual(['a.yml', 'a.yaml', 'a.toml', 'a.json'].map(isForCommandLine), [true, true, true, false]);
});

test('a plan says what is added, changed and the same; it deletes only when asked', () => {
  const items = [{ name: 'a', value: '1', revision: 4 }, { name: 'b', value: '2', revision: 5 }, { name: 'x', value: '9', revision: 6 }];
  const entries = [{ name: 'a', value: '1' }, { name: 'b', value: '3' }, { name: 'c', value: '4' }];
  const kinds = (plan) => plan.map(({ name, kind }) => `${name} ${kind}`);
  assert.deepEqual(kinds(planOf(entries, items)), ['a same', 'b changed', 'c added']);
  assert.deepEqual(kinds(planOf(entries, items, { prune: true })), ['a same', 'b changed', 'c added', 'x removed']);
  assert.deepEqual(editsOf(planOf(entries, items, { prune: true })), [
    { name: 'b', base: 5, before: '2', kind: 'set', value: '3' }, { name: 'c', base: 0, before: null, kind: 'set', value: '4' }, { name: 'x', base: 6, before: '9', kind: 'delete' }]);
});

test('a secret that is there is replaced without being shown', () => {
  const plan = planOf([{ name: 's', value: 'new' }], [{ name: 's', value: null, masked: true, revision: 7 }]);
  assert.deepEqual([plan[0].kind, plan[0].to.value, plan[0].to.masked], ['changed', null, true]);
  assert.deepEqual(editsOf(plan), [{ name: 's', base: 7, kind: 'set', value: 'new' }]);
});
