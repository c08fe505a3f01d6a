// How many edits the change set holds, without its module: the header shows it on every page.

import { createStore } from './store.js';

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem('configapi.changeset')).length;
  } catch {
    // Nothing is kept, or it cannot be read; the change set then begins empty.
    return 0;
  }
}

export const editCount = createStore(kept());
