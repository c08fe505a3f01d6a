// The log, newest first and live, for the changes view.
//
// The log is read in windows from the head backwards. The event stream puts newer changes on top; what came between
// the first window and the stream's beginning is asked for.

import { getChanges, resolvePoint } from './api.js';
import { isUnder, matches, nextSize, prepend, readWindow } from './feed.js';
import { begin, connection, onChanges } from './live.js';
import { useCallback, useEffect, useRef, useState } from './preact.js';
import { useStore } from './store.js';

const FIRST_SIZE = 100;
/** So many matches are shown before the reader scrolls on. */
const ENOUGH = 30;
/** After so many changes without enough matches the reader is asked whether to go on. */
const SEARCHED_MAX = 20_000;

const EMPTY = { changes: [], reached: null, newest: 0, loading: true, asks: false, error: null };

/**
 * @param {{prefix: string, actor: string, text: string, upTo?: number}} query `upTo`: the log as it was read then,
 *   without what came later
 * @returns {{changes: object[], reached: number|null, loading: boolean, asks: boolean, error: Error|null,
 *            more: () => void, restart: () => void, complete: boolean}} `asks`: the search paused after many changes
 */
export function useFeed({ prefix, actor, text, upTo }) {
  const [state, setState] = useState(EMPTY);
  const [turn, setTurn] = useState(0);
  const logEpoch = useStore(connection, (current) => current.logEpoch);
  const run = useRef(null);
  const filters = useRef({});
  filters.current = { actor, text };

  useEffect(() => {
    const controller = new AbortController();
    const reader = readerOf({ prefix, upTo, signal: controller.signal, setState, filters });
    run.current = reader;
    setState(EMPTY);
    reader.start();
    return () => {
      controller.abort();
      reader.stop();
    };
  }, [prefix, upTo, turn, logEpoch]);

  // Other filters on what is there already may leave too little.
  useEffect(() => { run.current?.refill(); }, [actor, text]);

  const more = useCallback(() => run.current?.more(), []);
  const restart = useCallback(() => setTurn((count) => count + 1), []);

  // The server is back: what failed is asked for again.
  const epoch = useStore(connection, (current) => current.epoch);
  useEffect(() => { if (state.error) (state.reached === null ? restart : more)(); }, [epoch]);
  return { ...state, more, restart, complete: state.reached !== null && state.reached <= 1 };
}

function readerOf({ prefix, upTo, signal, setState, filters }) {
  let changes = [];
  let newest = null;
  let reached = null;
  let size = FIRST_SIZE;
  let busy = false;
  let waiting = [];
  const ends = [];
  const show = (part) => { if (!signal.aborted) setState((previous) => ({ ...previous, changes, reached, ...part })); };
  const found = () => changes.reduce((sum, change) => sum + (matches(change, filters.current) ? 1 : 0), 0);

  const add = (arrived) => {
    if (upTo !== undefined) return;
    if (newest === null) {
      waiting.push(...arrived);
      return;
    }
    const fresh = arrived.filter((change) => change.revision > newest && isUnder(change, prefix));
    newest = Math.max(newest, ...arrived.map(({ revision }) => revision));
    if (!fresh.length) return;
    changes = prepend(changes, fresh);
    show({});
  };

  /** Asks for what the stream did not bring, because it began later than the first window. */
  const catchUp = async () => {
    if (upTo !== undefined || newest === null) return;
    while (begin.get() !== null && newest < begin.get()) {
      const { data } = await getChanges({ after: newest, prefix, signal });
      const before = newest;
      add(data.changes);
      newest = Math.max(newest, data.revision);
      if (newest === before) return;
    }
  };

  const read = async () => {
    if (busy || signal.aborted || (reached !== null && reached <= 1)) return;
    busy = true;
    show({ loading: true, asks: false, error: null });
    try {
      const wanted = found() + ENOUGH;
      let searched = 0;
      while (reached > 1 && found() < wanted && searched < SEARCHED_MAX) {
        const window = await readWindow({ before: reached, size, prefix, signal, getChanges });
        searched += reached - window.reached;
        changes = [...changes, ...window.changes];
        reached = window.reached;
        size = nextSize(size, window.changes.length);
        show({});
      }
      show({ loading: false, asks: reached > 1 && searched >= SEARCHED_MAX && found() < wanted });
    } catch (error) {
      if (!signal.aborted) show({ loading: false, error });
    } finally {
      busy = false;
    }
  };

  return {
    async start() {
      ends.push(onChanges(add), begin.subscribe(() => catchUp().catch(() => {})));
      try {
        const head = upTo ?? await resolvePoint(undefined, { signal });
        newest = head;
        reached = head + 1;
        if (reached <= 1) show({ loading: false });
        else await read();
        add(waiting.splice(0));
        await catchUp();
      } catch (error) {
        if (!signal.aborted) show({ loading: false, error });
      }
    },
    stop: () => ends.forEach((end) => end()),
    more: () => { if (newest !== null) read(); },
    refill() {
      if (newest !== null && found() < ENOUGH) read();
    },
  };
}
