// Loads what a page needs soon, or when the server has gone, after the first view is shown.

/** Loads it when the browser has nothing to do. A part that does not load says so where it is shown. */
export function loadAhead() {
  // Safari has no idle callback.
  (window.requestIdleCallback ?? setTimeout)(() => import('./rest.js').catch(() => {}));
}
