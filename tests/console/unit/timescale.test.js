import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, revisionAt, revisionIn, scaleOf, stepFrom, ticksOf, windowOf, withQuietEnd } from '../../../src/presentation/http/console/timescale.js';

const instant = (minute) => new Date(Date.UTC(2026, 0, 15, 10, minute)).toISOString();

/** Ten spans of a minute: revisions 1 to 3 in the second, 4 to 53 in the sixth, 54 in the ninth. */
const buckets = [0, 3, 0, 0, 0, 50, 0, 0, 1, 0].reduce(({ list, next }, changes, index) => ({
  list: [...list, { from: instant(index), to: instant(index + 1), changes, first_revision: changes ? next : null }],
  next: next + changes,
}), { list: [], next: 1 }).list;
const scale = scaleOf(buckets, 54);

test('the right end is now and the left end is before everything', () => {
  assert.equal(revisionAt(scale, 1), null);
  assert.equal(revisionAt(scale, 0), 0);
  assert.equal(placeOf(scale, null), 1);
  assert.equal(placeOf(scale, 0) < 0.1, true);
});

test('between two bursts the state after the first one holds', () => {
  for (const place of [0.21, 0.35, 0.49]) assert.equal(revisionAt(scale, place), 3);
  for (const place of [0.61, 0.79]) assert.equal(revisionAt(scale, place), 53);
});

test('every revision has a place that leads back to it', () => {
  for (let revision = 0; revision <= 54; revision++) assert.equal(revisionAt(scale, placeOf(scale, revision)), revision);
});

test('places rise with revisions', () => {
  const places = Array.from({ length: 55 }, (_, revision) => placeOf(scale, revision));
  assert.deepEqual(places, [...places].sort((left, right) => left - right));
});

test('the left end of a window is the state at which it begins', () => {
  const window = scaleOf(buckets.slice(4), 54);
  assert.equal(revisionAt(window, 0), 3);
  assert.equal(placeOf(window, 2) < 0.2, true);
});

test('a window without changes shows the newest state everywhere', () => {
  assert.equal(revisionAt(scaleOf(buckets.slice(6, 8), 53), 0.5), 53);
});

test('a bar without buckets is now', () => {
  const empty = scaleOf([], 0);
  assert.equal(revisionAt(empty, 0.5), null);
  assert.equal(placeOf(empty, 3), 1);
});

test('the first step back shows the state before the newest change', () => {
  assert.equal(stepFrom(null, -1, 54), 53);
  assert.equal(stepFrom(53, -1, 54), 52);
  assert.equal(stepFrom(53, 1, 54), null);
  assert.equal(stepFrom(3, -10, 54), 0);
  assert.equal(stepFrom(null, 1, 54), null);
});

test('the axis has round instants inside the window, at most as many as fit', () => {
  const ticks = ticksOf(scale, 6);
  assert.equal(ticks.length > 1 && ticks.length <= 6, true);
  for (const { time, place } of ticks) {
    assert.equal(time % 60_000, 0);
    assert.equal(place >= 0 && place < 1, true);
  }
  assert.deepEqual(ticksOf(scaleOf([], 0), 6), []);
});

test('the whole log ends at its newest change, with a quiet end behind it', () => {
  assert.deepEqual(windowOf('all', 54), { to: 54 });
  assert.deepEqual(windowOf('24h', 54), { from: '24h', to: '0s' });
  const quiet = withQuietEnd(buckets);
  assert.equal(quiet.length, 11);
  assert.deepEqual(quiet.at(-1), { from: instant(10), to: instant(11), changes: 0, first_revision: null });
});

test('a revision and a place name a revision, an instant and an age do not', () => {
  assert.deepEqual(['417', '417-9f3a1c2e', '0'].map(revisionIn), [417, 417, 0]);
  assert.deepEqual(['2026-01-15T10:00:00Z', '2026-01-15', '15m', '417-', '', 'x'].map(revisionIn), [null, null, null, null, null, null]);
});
