// The states of a view that has nothing to show yet: loading, empty, and what went wrong, each with a way on.

import { html } from '../preact.js';
import { signedOut } from '../session.js';
import { stylesheet } from '../styles.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

export { Loading } from './loading.js';

await stylesheet('css/states.css');

/**
 * The children explain and offer the next step.
 * @param {{icon?: string, title: string, heading?: 'h1'|'h2'}} props `h1` where it is the whole view
 */
export function Empty({ icon = 'search', title, heading = 'h2', children }) {
  return html`<div class="state">
    <span class="state-icon"><${Icon} name=${icon} /></span>
    <${heading}>${title}<//>
    <div class="state-text">${children}</div>
  </div>`;
}

/** A request that failed, in the server's words. @param {{error: Error, onRetry?: () => void}} props */
export function Failure({ error, onRetry, children }) {
  const { icon, title, text } = explanationOf(error);
  return html`<div class="state" role="alert">
    <span class="state-icon state-icon-bad"><${Icon} name=${icon} /></span>
    <h2>${title}</h2>
    <div class="state-text"><p>${text}</p>${children}</div>
    <div class="state-actions">
      ${onRetry && html`<${Button} onClick=${onRetry}>Try again<//>`}
      ${error.status === 403 && html`<${Button} kind="quiet" icon="signout" onClick=${() => signedOut()}>Use another token<//>`}
    </div>
  </div>`;
}

/** The same, small, inside a form or a list. */
export function InlineError({ error, children }) {
  if (!error) return null;
  const { title, text } = explanationOf(error);
  return html`<div class="inline-error" role="alert"><${Icon} name="alert" />
    <div><strong>${title}.</strong> ${text}${children}</div>
  </div>`;
}

/** A problem in words for the reader. */
export function explanationOf(error) {
  const text = sentence(error.message);
  if (error.kind === 'unreachable') {
    return { icon: 'offline', title: 'The server does not answer', text: 'The console keeps trying and continues by itself.' };
  }
  if (error.status === 403) return { icon: 'lock', title: error.title ?? 'Your token may not do this', text };
  if (error.status === 404) return { icon: 'search', title: error.title ?? 'Nothing here', text };
  if (error.status === 503) return { icon: 'clock', title: error.title ?? 'The server is not ready', text };
  return { icon: 'alert', title: error.title ?? 'This did not work', text };
}

function sentence(text = '') {
  const trimmed = text.trim();
  return trimmed ? trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? '' : '.') : '';
}
