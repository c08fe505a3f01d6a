import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffLines, diffMembers, diffSequences, diffWords, foldSame } from '../../../src/presentation/http/console/diff.js';

const side = (edits, other) => edits.filter(({ kind }) => kind !== other).map(({ item }) => item);

/** A generator of small random arrays that is the same in every run. */
function arraysFrom(seed) {
  let state = seed;
  const next = (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  return () => Array.from({ length: next(12) }, () => 'abc'[next(3)]);
}

/** The length of the longest common subsequence, by the table that needs no cleverness. */
function commonLength(left, right) {
  const row = new Array(right.length + 1).fill(0);
  for (const item of left) {
    let diagonal = 0;
    for (let index = 1; index <= right.length; index++) {
      const above = row[index];
      row[index] = item === right[index - 1] ? diagonal + 1 : Math.max(row[index], row[index - 1]);
      diagonal = above;
    }
  }
  return row[right.length];
}

test('edits lead from one side to the other and keep all that both share', () => {
  const make = arraysFrom(7);
  for (let round = 0; round < 2000; round++) {
    const [left, right] = [make(), make()];
    const edits = diffSequences(left, right);
    assert.deepEqual(side(edits, 'added'), left);
    assert.deepEqual(side(edits, 'removed'), right);
    assert.equal(edits.filter(({ kind }) => kind === 'same').length, commonLength(left, right), `${left} → ${right}`);
  }
});

test('two texts without a common line are one replacement, also if they are long', () => {
  const text = (letter) => Array.from({ length: 5000 }, (_, index) => `${letter}${index}`).join('\n');
  const lines = diffLines(text('a'), text('b'));
  assert.equal(lines.filter(({ kind }) => kind === 'removed').length, 5000);
  assert.equal(lines.filter(({ kind }) => kind === 'added').length, 5000);
});

test('lines have the numbers of both sides', () => {
  const lines = diffLines('one\ntwo\nthree', 'one\n2\nthree');
  assert.deepEqual(lines.map(({ kind, before, after }) => [kind, before, after]), [
    ['same', 1, 1], ['removed', 2, null], ['added', null, 2], ['same', 3, 3],
  ]);
});

test('a changed line marks its changed words', () => {
  const [removed, added] = diffLines('host = db-1.internal', 'host = db-2.internal');
  assert.deepEqual(removed.parts, [{ text: 'host = db-', changed: false }, { text: '1', changed: true }, { text: '.internal', changed: false }]);
  assert.deepEqual(added.parts[1], { text: '2', changed: true });
});

test('lines that share nothing mark no words', () => {
  assert.equal(diffWords('alpha', 'omega'), null);
});

test('long runs of equal lines are folded but for three at each end', () => {
  const text = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const folded = foldSame(diffLines(text.join('\n'), text.with?.(15, 'other').join('\n') ?? [...text.slice(0, 15), 'other', ...text.slice(16)].join('\n')));
  assert.deepEqual(folded.map((line) => line.skipped ?? line.kind), [12, 'same', 'same', 'same', 'removed', 'added', 'same', 'same', 'same', 11]);
});

test('members are found by their pointer', () => {
  const before = { a: 1, list: [1, 2], gone: null, 'x/y': { '~': true } };
  const after = { a: 1, list: [1, 3, 4], 'x/y': { '~': false }, fresh: {} };
  assert.deepEqual(diffMembers(before, after), [
    { pointer: '/list/1', kind: 'changed', before: 2, after: 3 },
    { pointer: '/list/2', kind: 'added', after: 4 },
    { pointer: '/gone', kind: 'removed', before: null },
    { pointer: '/x~1y/~0', kind: 'changed', before: true, after: false },
    { pointer: '/fresh', kind: 'added', after: {} },
  ]);
});

test('an array that becomes an object is one change', () => {
  assert.deepEqual(diffMembers([1], { 0: 1 }), [{ pointer: '', kind: 'changed', before: [1], after: { 0: 1 } }]);
});
