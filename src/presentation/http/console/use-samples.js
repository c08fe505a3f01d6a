// Samples of the server's health and metrics while a view is open. Nothing is asked while the tab is hidden or the
// user has paused it. The samples outlive the view, so that coming back shows them with a gap.

import { health, metrics } from './api.js';
import { parseMetrics } from './metrics.js';
import { useCallback, useEffect, useState } from './preact.js';
import { sampleOf } from './samples.js';
import { session } from './session.js';
import { createStore, useStore } from './store.js';

const KEPT = 720;
const NOTHING = { samples: [], latest: null, health: null, error: null, time: null };

const sampled = createStore(NOTHING);
session.subscribe((next, previous) => { if (next.token !== previous.token) sampled.set(NOTHING); });

async function sample(signal) {
  try {
    const [{ data }, text] = await Promise.all([health({ signal }), metrics({ signal })]);
    const latest = parseMetrics(text);
    const time = Date.now();
    sampled.set((previous) => ({ samples: [...previous.samples.slice(1 - KEPT), sampleOf(latest, time)], latest, health: data, error: null, time }));
  } catch (error) {
    if (!signal.aborted) sampled.set((previous) => ({ ...previous, error }));
  }
}

/**
 * @param {number} interval in milliseconds
 * @param {boolean} paused
 * @returns {{samples: object[], latest: Map|null, health: object|null, error: Error|null, time: number|null, again: () => void}}
 */
export function useSamples(interval, paused) {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    let timer = 0;
    let busy = false;
    // The next one is asked for when the last one has come, so that a slow server is not asked in a queue.
    const run = async () => {
      clearTimeout(timer);
      if (document.hidden || busy) return;
      busy = true;
      const began = Date.now();
      await sample(controller.signal);
      busy = false;
      if (!controller.signal.aborted && !paused) timer = setTimeout(run, Math.max(0, interval - (Date.now() - began)));
    };
    const onVisible = () => { if (!document.hidden && !paused) run(); };
    document.addEventListener('visibilitychange', onVisible);
    if (!paused || !sampled.get().health) run();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [interval, paused, turn]);
  return { ...useStore(sampled), again: useCallback(() => setTurn((count) => count + 1), []) };
}
