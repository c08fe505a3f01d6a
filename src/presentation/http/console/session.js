// The token of this tab and the identity that it has on the server.

import { createStore } from './store.js';

const KEY = 'configapi.token';

/**
 * `state` is `unknown` until the server has been asked, `signed-out` where it wants a token, else `signed-in`
 * (an open server's user is signed in as anonymous). `notice` says why a token is wanted again.
 */
export const session = createStore({ state: 'unknown', token: readToken(), identity: null, notice: null });

function readToken() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function signedIn(token, identity) {
  if (token) sessionStorage.setItem(KEY, token);
  session.set({ state: 'signed-in', token, identity, notice: null });
}

/** Ends the session at the user's wish: the page begins again, without edits and values, which may be secret. */
export function signOut() {
  sessionStorage.clear();
  location.reload();
}

/** The view stays in the address, so that signing in leads back to it. */
export function signedOut(notice = null) {
  sessionStorage.removeItem(KEY);
  session.set({ state: 'signed-out', token: null, identity: null, notice });
}
