// The end of a token, and what stops working with it.

import { revokeToken } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Dialog } from '../components/dialog.js';
import { ReasonField } from '../components/field.js';
import { announce } from '../components/notices.js';
import { Scopes } from '../components/scopes.js';
import { InlineError } from '../components/states.js';
import { Text, Time } from '../components/text.js';
import { html, useState } from '../preact.js';
import { allowsAll } from '../scopes.js';
import { signedOut } from '../session.js';

/** @param {{token: object, isOwn: boolean, tokens: object[], onDone: () => void, onClose: () => void}} props */
export function RevokeToken({ token, isOwn, tokens, onDone, onClose }) {
  const { id, name, scopes, last_used_at: usedAt } = token;
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const isLast = allowsAll(scopes, 'admin', '') && !tokens.some((other) => other.id !== id && allowsAll(other.scopes, 'admin', ''));
  const revoke = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { revision } = await revokeToken(id, { reason: reason.trim() });
      onClose();
      announce(`Token ${name} is revoked, as revision ${revision}.`);
      if (isOwn) signedOut(`You have revoked your own token, ${name}.`);
      else onDone();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return html`<${Dialog} title="Revoke token" onClose=${onClose}>
    <form class="token-form" onSubmit=${revoke}>
      <p><strong><${Text}>${name}<//></strong> ends at once, for everybody who has it. This cannot be undone; its name is free for a new token.</p>
      <${Scopes} scopes=${scopes} />
      <ul class="token-effects">
        <li>Its requests get 401: on this server at once, on other servers when they have applied the change.</li>
        <li>Its open event streams and long responses end within 2 s.</li>
        <li>Tokens that it has made go on. Its changes stay, with its name.</li>
        <li>${usedAt ? html`It was last used on this server <strong><${Time} at=${usedAt} /></strong>: something uses it.` : 'It was not used on this server since the server was started.'}</li>
      </ul>
      ${isOwn && html`<p class="banner banner-warn"><span><strong>This is your own token.</strong> You are signed out.</span></p>`}
      ${isLast && html`<p class="banner banner-bad"><span><strong>No other token here administers everything.</strong> Without it only a root token can make tokens and set the policy again.</span></p>`}
      <${ReasonField} value=${reason} onInput=${setReason} autofocus />
      <${InlineError} error=${error} />
      <div class="actions">
        <${Button} type="submit" kind="danger" busy=${busy} disabled=${busy}>Revoke<//>
        <${Button} onClick=${onClose}>Cancel<//>
        <${CopyAs} request=${{ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}`, headers: reason.trim() ? { 'Config-Reason': encodeURIComponent(reason.trim()) } : {} }} command=${['token', 'revoke', id]} />
      </div>
    </form>
  <//>`;
}
