import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchBack } from '../../../src/presentation/http/console/patch.js';

const withRevisions = (revisions) => Object.entries(revisions).map(([name, revision]) => ({ name, revision }));

test('an earlier list is the later one with its differences taken back', () => {
  const later = withRevisions({ a: 1, b: 7, d: 2, e: 8 });
  const back = patchBack(later, [
    { name: 'b', kind: 'changed', from: { name: 'b', revision: 3, value: 'x' } },
    { name: 'c', kind: 'removed', from: { name: 'c', revision: 4, value: 'y' } },
    { name: 'e', kind: 'added', from: null },
  ], 5);
  assert.deepEqual(back, { revision: 5, items: withRevisions({ a: 1, b: 3, c: 4, d: 2 }) });
  assert.equal(back.items[0], later[0]);
});

test('a later item that no difference explains is not guessed', () => {
  assert.equal(patchBack(withRevisions({ a: 9 }), [], 5), null);
  assert.equal(patchBack(withRevisions({ a: 9, b: 1 }), [{ name: 'b', from: { name: 'b', revision: 1 } }], 5), null);
});
