// Whether this server was found to only read: it says so when it refuses a write.

import { createStore } from './store.js';

export const onlyReads = createStore(false);
