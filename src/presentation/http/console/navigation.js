// The current route as a store, kept equal to the browser's address. Views go elsewhere by `navigate` or by links.

import { format, parse } from './router.js';
import { createStore, useStore } from './store.js';

/** @type {ReturnType<typeof createStore<import('./router.js').Route>>} */
export const route = createStore(parse(location.hash));

// Browsers limit how often a page may change its address, and a drag moves faster than that.
const ADDRESS_DELAY = 200;
let pending = 0;

window.addEventListener('hashchange', () => {
  clearTimeout(pending);
  route.set(parse(location.hash));
});

/**
 * Shows a route.
 * @param {import('./router.js').Route} target
 * @param {{replace?: boolean, settle?: boolean}} [how] `replace`: no new entry of the browser's history;
 *   `settle`: also write the address only when it has stopped to change
 */
export function navigate(target, { replace = false, settle = false } = {}) {
  const address = format(target);
  route.set(parse(address));
  clearTimeout(pending);
  const write = () => {
    if (location.hash === address) return;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
  };
  if (settle) pending = setTimeout(write, ADDRESS_DELAY);
  else write();
}

/** The same view with other query parameters; `undefined` removes one. */
export function withQuery(changes, how) {
  const current = route.get();
  navigate({ ...current, query: { ...current.query, ...changes } }, how);
}

export function useRoute() {
  return useStore(route);
}

/** The address of a view: `hrefOf('value', { at }, name)`. */
export function hrefOf(view, query = {}, name = undefined) {
  return format({ view, name, query });
}
