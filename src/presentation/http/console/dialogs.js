// The one dialog that is open, from wherever it was opened.

import { createStore } from './store.js';

export const dialog = createStore(null);

/** Shows a dialog; `render` gets the function that closes it. */
export function openDialog(render) {
  const close = () => dialog.set(null);
  // A new key for each, so that one dialog never inherits the fields of another.
  dialog.set({ key: Symbol('dialog'), render: () => render(close) });
}
