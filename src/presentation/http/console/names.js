// The names of all values, now and at points of the past: what browse, search and completion show.
//
// The list of now is loaded once and kept fresh by the event stream. Lists of the past never change, so the last few
// are kept by revision.

import { listNames } from './api/overview.js';
import { begin, connection, head, onChanges } from './live.js';
import { useEffect } from './preact.js';
import { createStore, useStore } from './store.js';

/** Lists of the past are dropped, oldest first, beyond this many items in all. */
const PAST_ITEMS_MAX = 1_000_000;

/** @typedef {{items: object[], revision: number, complete: boolean, loading: boolean, error: Error|null}} NameList */

const EMPTY = { items: [], revision: 0, complete: false, loading: true, error: null };

/** @type {ReturnType<typeof createStore<NameList>>} */
export const namesNow = createStore(EMPTY);
const past = new Map();
const shownPast = createStore({ ...EMPTY, at: null });

let loadingNow = null;
let waiting = [];
/** The point of the past that was asked for last, and whether a request is on its way. */
let asked = null;
let busy = false;

/** Loads the list of now, unless it is there or on its way. */
export function loadNow({ again = false } = {}) {
  if (loadingNow && !again) return;
  loadingNow?.abort();
  const controller = new AbortController();
  loadingNow = controller;
  namesNow.set((previous) => ({ ...previous, loading: true, error: null }));
  const show = (items, revision, complete) => {
    if (!controller.signal.aborted) namesNow.set({ items, revision, complete, loading: !complete, error: null });
  };
  listNames({ signal: controller.signal, onPage: (items, revision) => show(items, revision, false) }).then(
    ({ items, revision }) => {
      show(items, revision, true);
      if (revision > head.get()) head.set(revision);
      catchUp();
    },
    (error) => {
      if (controller.signal.aborted) return;
      loadingNow = null;
      namesNow.set((previous) => ({ ...previous, loading: false, error }));
    },
  );
}

// A list that was made before the stream began misses what came between. It is loaded again as long as that helps:
// a server whose reads stay behind its log returns the same list.
let missedAt = -1;
function catchUp() {
  const { revision } = namesNow.get();
  if (begin.get() !== null && revision < begin.get() && revision !== missedAt) {
    missedAt = revision;
    return loadNow({ again: true });
  }
  if (waiting.length) takeWaiting();
}

async function takeWaiting() {
  const { applyChanges } = await import('./merge.js');
  const changes = waiting.splice(0);
  namesNow.set((list) => {
    const fresh = changes.filter((change) => change.revision > list.revision);
    if (fresh.length === 0) return list;
    return { ...list, items: applyChanges(list.items, fresh), revision: fresh[fresh.length - 1].revision };
  });
}

// Changes may come by the thousand; the list is merged once per frame.
let frame = 0;
onChanges((changes) => {
  if (!loadingNow) return;
  waiting.push(...changes);
  if (!namesNow.get().complete || frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    takeWaiting();
  });
});

begin.subscribe(() => { if (namesNow.get().complete) catchUp(); });
connection.subscribe((next, previous) => {
  if (next.logEpoch !== previous.logEpoch) {
    past.clear();
    if (loadingNow) loadNow({ again: true });
  } else if (next.epoch !== previous.epoch) {
    if (namesNow.get().error) loadNow();
    if (shownPast.get().error) loadPast(asked);
  }
});

/** Forgets everything, for another token. */
export function forgetNames() {
  loadingNow?.abort();
  loadingNow = null;
  waiting = [];
  past.clear();
  shownPast.set({ ...EMPTY, at: null });
  namesNow.set(EMPTY);
}

// While the handle is dragged, one request is on its way and only the newest wish waits.
async function loadPast(at) {
  asked = at;
  if (past.has(at)) return showPast(at, past.get(at));
  shownPast.set((previous) => ({ ...previous, loading: true }));
  if (busy) return;
  busy = true;
  try {
    const list = await listOf(at);
    if (/^\d+$/.test(at)) keepPast(at, list);
    if (asked === at) showPast(at, list);
  } catch (error) {
    if (asked === at) shownPast.set({ ...EMPTY, at, loading: false, error });
  } finally {
    busy = false;
    if (asked !== at) loadPast(asked);
  }
}

async function listOf(at) {
  const { listFromLater } = await import('./earlier.js');
  const now = namesNow.get();
  const lists = now.complete ? [...past.values(), now] : [...past.values()];
  return (await listFromLater(at, lists)) ?? listNames({ at });
}

function keepPast(at, list) {
  past.set(at, list);
  let total = [...past.values()].reduce((sum, { items }) => sum + items.length, 0);
  for (const [key, { items }] of past) {
    if (total <= PAST_ITEMS_MAX || key === at) break;
    past.delete(key);
    total -= items.length;
  }
}

function showPast(at, { items, revision }) {
  shownPast.set({ at, items, revision, complete: true, loading: false, error: null });
}

/** Asks again for what failed. */
export function reloadNames(at) {
  if (at === undefined) loadNow({ again: true });
  else loadPast(String(at));
}

/**
 * The names at a point, or now. While another point loads, the last one stays with `loading`.
 * @returns {NameList}
 */
export function useNames(at) {
  const now = useStore(namesNow);
  const then = useStore(shownPast);
  useEffect(() => {
    if (at === undefined) loadNow();
    else loadPast(String(at));
  }, [at]);
  if (at === undefined) return now;
  if (then.at === null) return { ...now, loading: true };
  return then.at === String(at) ? then : { ...then, loading: true };
}
