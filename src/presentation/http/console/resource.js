// The data that a view has asked the server for, or the problem, and when to ask again.

import { connection, onChanges } from './live.js';
import { useCallback, useEffect, useRef, useState } from './preact.js';
import { useStore } from './store.js';

/**
 * Loads data for a view. While it loads again, the last data stay. After an outage it loads again by itself.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} inputs what the request depends on; another input loads again
 * @param {{refreshOn?: (changes: object[]) => boolean}} [options] which live changes make the data old
 * @returns {{data: T|undefined, error: Error|undefined, loading: boolean, reload: () => void}}
 */
export function useResource(load, inputs, { refreshOn } = {}) {
  const [state, setState] = useState({ data: undefined, error: undefined, loading: true, inputs: undefined });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((count) => count + 1), []);

  useEffect(() => {
    const controller = new AbortController();
    setState((previous) => ({ ...previous, loading: true }));
    load(controller.signal).then(
      (data) => { if (!controller.signal.aborted) setState({ data, error: undefined, loading: false }); },
      (error) => { if (!controller.signal.aborted) setState((previous) => ({ data: previous.data, error, loading: false })); },
    );
    return () => controller.abort();
  }, [...inputs, turn]);

  const epoch = useStore(connection, ({ epoch, logEpoch }) => epoch + logEpoch);
  const lastEpoch = useRef(epoch);
  useEffect(() => {
    if (lastEpoch.current === epoch) return;
    // The first connection of a page that loads is not a return.
    const returned = lastEpoch.current > 0;
    lastEpoch.current = epoch;
    if (returned || state.error) reload();
  }, [epoch]);

  const decide = useRef(refreshOn);
  decide.current = refreshOn;
  useEffect(() => onChanges((changes) => { if (decide.current?.(changes)) reload(); }), []);

  return { ...state, reload };
}

/** Whether a change has an event under the prefix: for `refreshOn`. */
export function touches(changes, prefix) {
  return changes.some((change) => change.events.some((event) => event.data.config_name.startsWith(prefix)));
}
