import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { commandOf, curlOf, quote } from '../../../src/presentation/http/console/curl.js';
import { configPath, queryString, schemaPath } from '../../../src/presentation/http/console/paths.js';

test('slashes of a name stay, but where the path would mean something else', () => {
  assert.equal(configPath('app/a b'), '/v1/config/app/a%20b');
  for (const name of ['app/history', 'app/at/x', 'a//b', '/a', 'a/', 'a/../b', './a']) assert.equal(configPath(name), `/v1/config/${encodeURIComponent(name)}`);
  assert.equal(configPath('history'), '/v1/config/history');
});

test('a shell reads a quoted text as it was', () => {
  for (const text of ['plain', "it's", '$(id) `id` "x" \\', '', 'two\nlines', 'bell\u0007 and \'quote\'', '!!', '*']) {
    assert.equal(execFileSync('bash', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' }), text);
  }
});

test('a curl command names the variable of the token, never the token', () => {
  const command = curlOf({ method: 'PUT', path: '/v1/config/a', body: { value: "it's" } }, { origin: 'http://h:1', withToken: true });
  assert.match(command, /^curl -X PUT http:\/\/h:1\/v1\/config\/a -H "Authorization: Bearer \$CONFIGAPI_TOKEN" /);
  assert.match(command, /--data-binary '\{"value":"it'\\''s"\}'$/);
  assert.doesNotMatch(curlOf({ path: '/v1/config' }, { origin: 'http://h:1', withToken: false }), /Authorization/);
});

test('options without a value are left out of a command', () => {
  assert.equal(commandOf(['get', 'a b'], { at: 3, reveal: true, prefix: '', reason: undefined }), "configapi get 'a b' --at 3 --reveal");
});

test('absent parameters are left out of a query', () => {
  assert.equal(queryString({ a: 0, b: '', c: undefined, d: 'x+y/ü' }), '?a=0&d=x%2By%2F%C3%BC');
  assert.equal(queryString({}), '');
});

test('the path of a schema is that of its prefix, also where the prefix looks like a check', () => {
  assert.equal(schemaPath('app/web'), '/v1/schemas/app/web');
  assert.equal(schemaPath(''), '/v1/schemas/');
  assert.equal(schemaPath('app/check'), '/v1/schemas/app%2Fcheck');
});
