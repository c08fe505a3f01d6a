// "Copy as curl" and "Copy as configapi" of an action, without the token.

import { html } from '../preact.js';
import { session } from '../session.js';
import { useStore } from '../store.js';
import { CopyButton } from './button.js';

const commands = () => import('../curl.js');

/**
 * @param {{request: Parameters<typeof curlOf>[0], command?: string[], options?: object}} props the request as `curl.js`
 *   takes it, and the words and options of the command line; without `command` there is no such command
 */
export function CopyAs({ request, command, options }) {
  const withToken = useStore(session, ({ token }) => Boolean(token));
  return html`<span class="copy-as">
    <${CopyButton} text=${async () => (await commands()).curlOf(request, { origin: location.origin, withToken })}>Copy as curl<//>
    ${command && html`<${CopyButton} text=${async () => (await commands()).commandOf(command, { ...options, server: location.origin })}>Copy as configapi<//>`}
  </span>`;
}
