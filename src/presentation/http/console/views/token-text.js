// The text of a token, shown once.

import { Button, CopyButton } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { Icon } from '../components/icon.js';
import { html, useEffect, useId, useRef, useState } from '../preact.js';

/** @param {{title: string, text: string, isSignedIn: boolean, onClose: () => void, children?: unknown}} props */
export function TokenText({ title, text, isSignedIn, onClose, children }) {
  const id = useId();
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const [taken, setTaken] = useState(false);
  const [warned, setWarned] = useState(false);
  // Escape comes easily, and the text never comes back.
  const close = () => {
    if (taken || warned) onClose();
    else setWarned(true);
  };
  const take = () => {
    setTaken(true);
    return text;
  };
  return html`<${Dialog} title=${title} wide onClose=${close}>
    <div class="token-text">
      <p class="banner banner-warn banner-icon"><${Icon} name="eye" /><span><strong>It is shown only this once.</strong> The server keeps a hash of it and cannot show it again.</span></p>
      <div class="token-line">
        <label class="visually-hidden" for=${id}>New token</label>
        <input id=${id} ref=${field} class="input mono" readonly value=${text} autocomplete="off" spellcheck=${false} onFocus=${(event) => event.currentTarget.select()} onCopy=${() => setTaken(true)} />
        <${CopyButton} kind="primary" text=${take}>Copy token<//>
      </div>
      ${children}
      ${isSignedIn && html`<p class="token-signed"><${Icon} name="check" /> This tab is signed in with it until you sign out or close it. You need the text to sign in again.</p>`}
      <p class="muted small">Programs send it as <code>Authorization: Bearer …</code>; <code>configapi</code> reads it from the file that <code>CONFIGAPI_TOKEN_FILE</code> names. Keep it in a secret store, never in a repository: scanners know it by <code>cfgapi_</code>.</p>
      ${warned && !taken && html`<div class="inline-error" role="alert"><${Icon} name="alert" /><div><strong>You have not copied the token.</strong> Once this is closed it cannot be seen again; you would have to rotate it.</div></div>`}
      <div class="actions">${warned && !taken ? html`<${Button} kind="danger" onClick=${onClose}>Close without it<//>` : html`<${Button} onClick=${close}>Done<//>`}</div>
    </div>
  <//>`;
}
