// "Copy as curl" and "Copy as configapi" of an action, without the token.

import { html } from '../preact.js';
import { session } from '../session.js';
import { useStore } from '../store.js';
import { CopyButton } from './button.js';

const commands = () => import('../curl.js');

/**
 * @param {{request: Parameters<typeof curlOf>[0], command?: string[], options?: object, input?: string}} props the request as `curl.js`
 *   takes it, and the words and options of the command line; without `command` there is no such command; `input` is
 *   what the command reads
 */
export function CopyAs({ request, command, options, input }) {
  const withToken = useStore(session, ({ token }) => Boolean(token));
  return html`<span class="copy-as">
    <${CopyButton} text=${async () => (await commands()).curlOf(request, { origin: location.origin, withToken })}>Copy as curl<//>
    ${command && html`<${CopyButton} text=${async () => (await commands()).commandOf(command, { ...options, server: location.origin }) + hereDocument(input)}>Copy as configapi<//>`}
  </span>`;
}

/** The input as a shell writes it. JSON never has a line that is this mark alone. */
function hereDocument(input) {
  return input === undefined ? '' : ` <<'END_OF_VALUES'\n${input}\nEND_OF_VALUES`;
}
