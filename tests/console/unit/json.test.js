import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indented, isJson, linesOf, parseJson, tokensOf } from '../../../src/presentation/http/console/json.js';

test('indenting agrees with JSON.stringify where that loses nothing', () => {
  const values = [{}, [], { a: [] }, { a: { b: [1, 'x', null, true] }, c: '{"[:,' }, [[1], {}], 'text', 3, [{ a: 1 }, { b: 2 }]];
  for (const value of values) assert.equal(indented(JSON.stringify(value)), JSON.stringify(value, null, 2));
});

test('long numbers, doubled members and escapes stay as they are written', () => {
  const text = '{"n":12345678901234567890,"n":1.50,"s":"\\u00e9\\n"}';
  assert.equal(indented(text), '{\n  "n": 12345678901234567890,\n  "n": 1.50,\n  "s": "\\u00e9\\n"\n}');
});

test('keys are told from strings', () => {
  assert.deepEqual(tokensOf('{ "a" : "b" }').map(({ type }) => type), ['punctuation', 'key', 'punctuation', 'string', 'punctuation']);
});

test('a value of ten thousand members is that many lines', () => {
  assert.equal(linesOf(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index))).length, 10_002);
});

test('JSON is known by its type, or by looking like an object or array', () => {
  assert.equal(isJson('1', 'application/json'), true);
  assert.equal(isJson('{"a":1}', 'text/plain'), true);
  assert.equal(isJson('{a}', 'text/plain'), false);
  assert.equal(isJson('12'), false);
});

test('an error of JSON has its line and column', () => {
  const fault = parseJson('{\n  "a": 1,\n}');
  assert.equal(fault.ok, false);
  assert.equal(fault.line, 3);
  assert.equal(fault.column, 1);
  assert.doesNotMatch(fault.message, /position/);
});
