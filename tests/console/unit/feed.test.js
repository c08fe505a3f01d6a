import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayOf, isUnder, matches, nextSize, prepend, readWindow } from '../../../src/presentation/http/console/feed.js';

const change = (revision, name = 'a', more = {}) => ({ revision, actor: 'ann', reason: null, events: [{ data: { config_name: name, value: 'v' }, metadata: { request_id: `r-${revision}` } }], ...more });

/** A server whose responses hold at most `most` changes. */
function server(revisions, most = 1000) {
  const asked = [];
  const getChanges = async ({ after, limit }) => {
    asked.push({ after, limit });
    const found = revisions.filter((revision) => revision > after).slice(0, Math.min(limit, most));
    return { data: { revision: found.length === Math.min(limit, most) ? found.at(-1) : Math.max(after, ...revisions), changes: found.map((revision) => change(revision)) } };
  };
  return { asked, getChanges };
}

const revisions = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a window holds the changes below a revision, newest first', async () => {
  const { changes, reached } = await readWindow({ before: 101, size: 10, getChanges: server(revisions(1, 200)).getChanges });
  assert.deepEqual(changes.map(({ revision }) => revision), revisions(91, 100).reverse());
  assert.equal(reached, 91);
});

test('a window whose response ends early is read on', async () => {
  const { asked, getChanges } = server(revisions(1, 200), 4);
  const { changes } = await readWindow({ before: 101, size: 10, getChanges });
  assert.deepEqual(changes.map(({ revision }) => revision), revisions(91, 100).reverse());
  assert.equal(asked.length, 3);
});

test('the last window ends at the first change', async () => {
  const { changes, reached } = await readWindow({ before: 4, size: 100, getChanges: server(revisions(1, 200)).getChanges });
  assert.deepEqual([changes.length, reached], [3, 1]);
});

test('changes above the window, which a rare prefix brings, are left out', async () => {
  const { changes } = await readWindow({ before: 50, size: 20, getChanges: server([10, 35, 60, 70]).getChanges });
  assert.deepEqual(changes.map(({ revision }) => revision), [35]);
});

test('windows grow while little is found, and no further than a limit', () => {
  assert.equal(nextSize(100, 100), 100);
  assert.equal(nextSize(100, 3), 400);
  assert.equal(nextSize(20_000, 0), 20_000);
});

test('newer changes come on top, each once', () => {
  const list = [change(5), change(4)];
  assert.deepEqual(prepend(list, [change(5), change(6), change(7)]).map(({ revision }) => revision), [7, 6, 5, 4]);
  assert.equal(prepend(list, [change(5)]), list);
});

test('the text is looked for in reasons, names, values, request ids and the revision', () => {
  const one = change(12, 'prod/Db', { reason: 'Sale' });
  for (const text of ['sale', 'PROD/db', 'v', 'r-12', '#12']) assert.equal(matches(one, { text }), true, text);
  assert.equal(matches(one, { text: '#1' }), false);
  assert.equal(matches(one, { actor: 'AN', text: 'sale' }), true);
  assert.equal(matches(one, { actor: 'bob' }), false);
});

test('a secret without a text is no error for the filter', () => {
  const one = change(1, 'k', { events: [{ data: { config_name: 'k', value: null, masked: true } }] });
  assert.equal(matches(one, { text: 'x' }), false);
});

test('a change is under a prefix if one of its events is', () => {
  assert.deepEqual(['', 'a', 'b'].map((prefix) => isUnder(change(1, 'a/b'), prefix)), [true, true, false]);
});

test('days are those of the reader', () => {
  const now = new Date(2026, 4, 10, 9).getTime();
  const at = (...parts) => dayOf(new Date(...parts).toISOString(), now);
  assert.deepEqual([at(2026, 4, 10, 0, 1), at(2026, 4, 9, 23, 59), at(2026, 4, 9, 0, 0)], ['Today', 'Yesterday', 'Yesterday']);
  assert.match(at(2026, 4, 8, 12), /2026/);
});
