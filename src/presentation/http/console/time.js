// The point that the console shows: now, or a place in the past that the address names with `at`.

import { getChange, resolvePoint } from './api/overview.js';
import { route, withQuery } from './navigation.js';
import { useEffect, useState } from './preact.js';
import { useStore } from './store.js';
import { revisionIn } from './timescale.js';

/** The views that show the past; the others show now and keep no point. */
const VIEWS_WITH_TIME = new Set(['browse', 'value', 'history']);

export function showsTime(view) {
  return VIEWS_WITH_TIME.has(view);
}

/** The point of the address, or undefined for now. */
export function pointOf({ view, query }) {
  return showsTime(view) && query.at ? query.at : undefined;
}

/**
 * Shows another point in the same view; `null` is now. Leaving now adds an entry to the browser's history, moving
 * about in the past replaces it: Back leads to where the journey began.
 */
export function showPoint(revision, { parameter = 'at' } = {}) {
  const current = route.get().query[parameter];
  const next = revision === null ? undefined : String(revision);
  if (next === current) return;
  const moves = current !== undefined && next !== undefined;
  withQuery({ [parameter]: next }, { replace: moves, settle: moves });
}

/** The revision of a point that was typed or linked, once it is known; null for now. */
export function useRevision(at) {
  const written = revisionIn(at ?? '');
  const [resolved, setResolved] = useState({ at: undefined, revision: null });
  useEffect(() => {
    if (at === undefined || written !== null) return undefined;
    const controller = new AbortController();
    resolvePoint(at, { signal: controller.signal }).then((revision) => setResolved({ at, revision }), () => {});
    return () => controller.abort();
  }, [at]);
  if (at === undefined) return null;
  return written ?? (resolved.at === at ? resolved.revision : null);
}

/** The changes that were asked for, kept because they never change: `{instant, actor, reason}` by revision. */
const known = new Map();
const SETTLED = 60;

/** The change that made a revision, without its events; undefined while it loads, null if it is hidden. */
export function useMoment(revision) {
  const [, render] = useState(0);
  useEffect(() => {
    if (!revision || known.has(revision)) return undefined;
    const controller = new AbortController();
    // A dragged handle passes many revisions; only where it rests is asked for.
    const timer = setTimeout(() => {
      getChange(revision, { signal: controller.signal }).then((change) => {
        known.set(revision, change && { instant: change.created_at, actor: change.actor, reason: change.reason });
        render((count) => count + 1);
      }, () => {});
    }, SETTLED);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [revision]);
  return revision ? known.get(revision) : null;
}

/** The shown point: `at` as in the address, its revision (null: now, or not known yet) and whether it is past. */
export function usePoint() {
  const at = useStore(route, pointOf);
  const revision = useRevision(at);
  return { at, revision, past: at !== undefined };
}
