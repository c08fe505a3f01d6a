// The message about the last action: its result, or its error.

import { createStore } from './store.js';

/** `{text, action}` of the last result. */
export const notice = createStore(null);
/** `{title, text}` of an error that belongs to no form. */
export const alarm = createStore(null);
