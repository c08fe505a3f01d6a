// Observable values, and the hook that renders them.

import { useLayoutEffect, useState } from './preact.js';

/**
 * @template T
 * @param {T} initial
 */
export function createStore(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    /** @param {T | ((previous: T) => T)} next */
    set(next) {
      const previous = value;
      value = typeof next === 'function' ? next(previous) : next;
      if (!Object.is(previous, value)) for (const listener of [...listeners]) listener(value, previous);
    },
    /** @returns {() => void} ends the subscription */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The store's value, or a part of it; the component renders again when that part is another. */
export function useStore(store, select = (value) => value) {
  const [, render] = useState(0);
  const selected = select(store.get());
  useLayoutEffect(() => {
    let shown = selected;
    const update = () => {
      const next = select(store.get());
      if (Object.is(next, shown)) return;
      shown = next;
      render((count) => count + 1);
    };
    // It may have changed between the render and this effect.
    update();
    return store.subscribe(update);
  }, [store, selected]);
  return selected;
}
