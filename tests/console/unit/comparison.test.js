import assert from 'node:assert/strict';
import { test } from 'node:test';
import { briefOf, comparePrefixes, countKinds, editTowardsLeft, filterDifferences, isWhole, memberName } from '../../../src/presentation/http/console/comparison.js';

const item = (name, value, more = {}) => ({ name, value, revision: 1, ...more });
const secret = (name) => ({ name, value: null, masked: true, fingerprint: '00', revision: 2 });

test('two prefixes are compared by the rest of the names', () => {
  const left = [item('s/a', '1'), item('s/b', '2'), item('s/d', '4')];
  const right = [item('p/a', '1'), item('p/b', '3'), item('p/c', '5')];
  const { differences, same } = comparePrefixes(left, 's/', right, 'p/');
  assert.equal(same, 1);
  assert.deepEqual(differences.map(({ name, kind }) => [name, kind]), [['b', 'changed'], ['c', 'added'], ['d', 'removed']]);
  assert.deepEqual(differences[0].names, { from: 's/b', to: 'p/b' });
});

test('secrets of two names are neither the same nor different', () => {
  const { differences } = comparePrefixes([secret('s/k')], 's/', [secret('p/k')], 'p/');
  assert.deepEqual(countKinds(differences), { added: 0, changed: 0, removed: 0, unknown: 1 });
});

test('the filter finds names and values of both sides, ignoring letter case', () => {
  const differences = [{ name: 'a', kind: 'changed', from: item('a', 'Old host'), to: item('a', 'x') }, { name: 'host', kind: 'added', from: null, to: secret('host') }];
  assert.deepEqual(filterDifferences(differences, { text: 'HOST' }).map(({ name }) => name), ['a', 'host']);
  assert.deepEqual(filterDifferences(differences, { text: 'host', kind: 'added' }).map(({ name }) => name), ['host']);
});

test('one line shows the words of short texts, the members of JSON, and the size of long texts', () => {
  const brief = (from, to) => briefOf({ from: item('a', from), to: item('a', to) });
  assert.deepEqual(brief('db-1.internal', 'db-2.internal').after, [{ text: 'db-', changed: false }, { text: '2', changed: true }, { text: '.internal', changed: false }]);
  assert.deepEqual(brief('{"a":1,"b":{"c":2}}', '{"a":1,"b":{"c":3}}').members.map(({ pointer }) => pointer), ['/b/c']);
  assert.deepEqual(brief('1\n2', '1\n2\n3'), { form: 'lines', before: 2, after: 3, length: 2 });
});

test('a secret has no text on its line', () => {
  assert.deepEqual(briefOf({ from: secret('a'), to: item('a', 'open') }), { form: 'secret', shredded: false });
});

test('a line that leaves something out is not whole', () => {
  const members = (count) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index])));
  assert.equal(isWhole(briefOf({ from: item('a', members(3)), to: item('a', '{}') })), true);
  assert.equal(isWhole(briefOf({ from: item('a', members(4)), to: item('a', '{}') })), false);
  assert.equal(isWhole(briefOf({ from: null, to: item('a', 'x'.repeat(500)) })), false);
});

test('an edit makes the right side like the left one, on the revision that was seen', () => {
  assert.deepEqual(editTowardsLeft({ name: 'a', from: item('s/a', '1', { content_type: 'text/plain' }), to: item('p/a', '2', { revision: 9 }), names: { from: 's/a', to: 'p/a' } }),
    { name: 'p/a', base: 9, before: '2', kind: 'set', value: '1', contentType: 'text/plain' });
  assert.deepEqual(editTowardsLeft({ name: 'a', from: null, to: item('a', '2', { revision: 9 }) }), { name: 'a', base: 9, before: '2', kind: 'delete' });
  assert.equal(editTowardsLeft({ name: 'a', from: secret('a'), to: item('a', '2') }), null);
});

test('a pointer reads as the names of its members', () => {
  assert.equal(memberName('/a~1b/c~0d'), 'a/b › c~d');
});
