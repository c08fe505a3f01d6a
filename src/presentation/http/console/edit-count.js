// How many edits the change set holds, without its module: the header shows it on every page.

import { createStore } from './store.js';

export const editCount = createStore(JSON.parse(sessionStorage.getItem('configapi.changeset') ?? '[]').length ?? 0);
