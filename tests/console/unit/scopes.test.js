import assert from 'node:assert/strict';
import { test } from 'node:test';
import { administers, allowsAll, argumentOf, cautionsOf, EVERYTHING, problemOf, scopesOf, wordsOf } from '../../../src/presentation/http/console/scopes.js';

test('a prefix is allowed by an allow above it, and by whole segments', () => {
  const scopes = [{ prefix: 'app/a', actions: ['admin', 'read'] }];
  assert.equal(allowsAll(scopes, 'admin', 'app/a/b'), true);
  assert.equal(allowsAll(scopes, 'admin', 'app/a/'), true);
  assert.equal(allowsAll(scopes, 'admin', 'app/ab'), false);
  assert.equal(allowsAll(scopes, 'admin', 'app'), false);
  assert.equal(allowsAll(scopes, 'write', 'app/a'), false);
  assert.equal(allowsAll([EVERYTHING], 'admin', ''), true);
});

test('a deny wins over every allow, also a deny below the prefix', () => {
  const scopes = [{ prefix: '', actions: ['admin'] }, { prefix: 'prod/db', deny: ['admin'] }];
  assert.equal(allowsAll(scopes, 'admin', 'prod/db/url'), false);
  assert.equal(allowsAll(scopes, 'admin', 'prod'), false);
  assert.equal(allowsAll(scopes, 'admin', ''), false);
  assert.equal(allowsAll(scopes, 'admin', 'dev'), true);
});

test('reveal includes read, and admin includes nothing', () => {
  assert.equal(allowsAll([{ prefix: '', actions: ['reveal'] }], 'read', 'a'), true);
  assert.equal(allowsAll([{ prefix: '', actions: ['admin'] }], 'read', 'a'), false);
});

test('a token with admin somewhere may list tokens, one with a deny of admin alone may not', () => {
  assert.equal(administers([{ prefix: 'a', actions: ['read'] }, { prefix: 'b', actions: ['admin'] }]), true);
  assert.equal(administers([{ prefix: '', actions: ['read'] }, { prefix: '', deny: ['admin'] }]), false);
});

test('a scope is said in words and as an argument of the command line', () => {
  assert.equal(wordsOf({ prefix: 'a', actions: ['write', 'read'] }), 'may read and write');
  assert.equal(wordsOf(EVERYTHING), 'may read, write, reveal secrets in and administer');
  assert.equal(wordsOf({ prefix: 'a', deny: ['read', 'write'] }), 'may not read or write');
  assert.equal(argumentOf({ prefix: 'a:b', actions: ['read', 'write'] }), 'a:b:read,write');
  assert.equal(argumentOf({ prefix: '', deny: ['admin'] }), ':admin');
});

test('rows of the form become scopes with their actions in order', () => {
  assert.deepEqual(scopesOf([
    { effect: 'allow', prefix: ' app/ ', actions: ['write', 'read'] },
    { effect: 'deny', prefix: 'app/db', actions: ['write'] },
  ]), [{ prefix: 'app/', actions: ['read', 'write'] }, { prefix: 'app/db', deny: ['write'] }]);
});

test('a row without an action or with a prefix that no name has is refused', () => {
  for (const prefix of ['/a', 'a//b', './a', 'a/..']) assert.match(problemOf({ prefix, actions: ['read'] }), /prefix/);
  assert.match(problemOf({ prefix: 'a', actions: [] }), /action/);
  assert.match(problemOf({ effect: 'deny', prefix: '', actions: ['read'] }), /nothing would be left/);
  assert.equal(problemOf({ prefix: 'a/.hidden', actions: ['read'] }), null);
  assert.equal(problemOf({ prefix: '', actions: ['read'] }), null);
});

test('a token that may do much is cautioned about', () => {
  assert.equal(cautionsOf([EVERYTHING]).length, 2);
  assert.deepEqual(cautionsOf([{ prefix: 'app', actions: ['read', 'write'] }]), []);
  assert.match(cautionsOf([{ prefix: 'app', deny: ['read'] }])[0], /nothing/);
});
