import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, parse } from '../../../src/presentation/http/console/router.js';

test('the empty address is browse', () => {
  for (const hash of ['', '#', '#/']) assert.deepEqual(parse(hash), { view: 'browse', query: {} });
});

test('an address of a value keeps slashes and decodes each segment', () => {
  const route = parse('#/value/app/a%20b/%3Fq%23?at=417');
  assert.deepEqual(route, { view: 'value', name: 'app/a b/?q#', query: { at: '417' } });
});

test('every name comes back from its own address', () => {
  for (const name of ['a', 'a/b', 'a//b', '/a', 'a/', 'a%2Fb', 'ü/€?&=#+', '<img src=x>', 'a b', 'history', '..']) {
    for (const view of ['value', 'history']) assert.equal(parse(format({ view, name })).name, name);
  }
});

test('every view comes back from its own address with its query', () => {
  const query = { from: '3', to: '2026-01-15T10:00:00+02:00', prefix: 'a&b/', q: 'ü +' };
  for (const view of ['browse', 'diff', 'changes', 'changeset', 'import', 'access', 'operations']) {
    assert.deepEqual(parse(format({ view, query })), { view, query });
  }
});

test('empty parameters are left out of an address', () => {
  assert.equal(format({ view: 'browse', query: { prefix: '', q: undefined, at: null } }), '#/');
  assert.equal(format({ view: 'browse', query: { at: 0 } }), '#/?at=0');
});

test('an address of no view, or of a value without a name, is unknown', () => {
  for (const hash of ['#/nonsense', '#/value', '#/value/', '#/constructor', '#/__proto__']) assert.equal(parse(hash).view, 'unknown');
});

test('a bare percent sign in a typed address is part of the name', () => {
  assert.equal(parse('#/value/100%').name, '100%');
});
