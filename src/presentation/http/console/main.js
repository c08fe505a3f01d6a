// Starts the console: finds out whether a token is wanted, then shows the view of the address.

import { App } from './app.js';
import { health, whoami } from './api/overview.js';
import { listenToKeys } from './keys.js';
import { start, stop } from './live.js';
import { forgetNames } from './names.js';
import { html, render } from './preact.js';
import { session, signedIn, signedOut } from './session.js';

/** The user of an open server, as GET /v1/whoami answers. */
const ANONYMOUS = { name: 'anonymous', id: null, scopes: [{ prefix: '', actions: ['read', 'write', 'reveal', 'admin'] }], expires_at: null };

/** Asks the server who this is. A server that wants a token hides its details from requests without one. */
async function identify() {
  const { token } = session.get();
  if (!token) {
    const { data } = await health();
    if (!data.details) return signedOut();
    return signedIn(null, ANONYMOUS);
  }
  const { data } = await whoami();
  signedIn(token, data);
}

async function begin() {
  try {
    await identify();
  } catch (error) {
    if (error.status === 401) return;
    session.set((previous) => ({ ...previous, state: 'unknown', problem: error }));
    setTimeout(begin, 1000);
  }
}

session.subscribe((next, previous) => {
  if (next.token !== previous.token) forgetNames();
  if (next.state === 'signed-in' && previous.state !== 'signed-in') start();
  if (next.state === 'signed-out') stop();
});

listenToKeys();
render(html`<${App} />`, document.getElementById('console'));
begin();
