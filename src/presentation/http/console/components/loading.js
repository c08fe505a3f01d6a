// The state of a view that waits.

import { html, useEffect, useState } from '../preact.js';

/** Shows nothing for a moment, because a flash of "loading" is worse than a short wait. */
export function Loading({ what = 'Loading' }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="state" aria-busy="true">${shown && html`<div class="loading-bar"></div><p class="muted">${what} …</p>`}</div>`;
}
