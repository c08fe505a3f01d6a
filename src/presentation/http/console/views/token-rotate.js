// A new secret for a token; the old one may work for a while.

import { rotateToken } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Dialog } from '../components/dialog.js';
import { DurationField } from '../components/duration-field.js';
import { announce } from '../components/notices.js';
import { InlineError } from '../components/states.js';
import { Text, Time } from '../components/text.js';
import { GRACES, isDuration } from '../lifetimes.js';
import { html, useState } from '../preact.js';
import { signedIn } from '../session.js';
import { TokenText } from './token-text.js';

/** @param {{token: object, isOwn: boolean, onMade: () => void, onClose: () => void}} props */
export function RotateToken({ token: { id, name, old_token_until: oldUntil }, isOwn, onMade, onClose }) {
  const [keep, setKeep] = useState('1h');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [made, setMade] = useState(null);
  const valid = keep === '' || isDuration(keep ?? '');
  const rotate = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { data } = await rotateToken(id, { keepOldFor: keep });
      const { token: text, ...known } = data;
      if (isOwn) signedIn(text, { name: known.name, id: known.id, scopes: known.scopes, expires_at: known.expires_at });
      setMade({ ...known, text });
      onMade();
    } catch (problem) {
      setError(problem.kind === 'unreachable' ? { title: 'It is not known whether the token was rotated', message: 'the server did not answer. If the old secret works no more, rotate the token again' } : problem);
    }
    setBusy(false);
  };
  if (made) {
    return html`<${TokenText} title=${`New secret of ${name}`} text=${made.text} isSignedIn=${isOwn} onClose=${() => { announce(`Token ${name} has a new secret.`); onClose(); }}>
      <p>${made.old_token_until ? html`The old secret works until <${Time} at=${made.old_token_until} exact />.` : 'The old secret works no more.'}</p><//>`;
  }
  return html`<${Dialog} title="Rotate token" onClose=${onClose}>
    <form class="token-form" onSubmit=${rotate}>
      <p><strong><${Text}>${name}<//></strong> gets a new secret. Its name, id, scopes and expiry stay.</p>
      <${DurationField} label="Keep the old secret for" options=${GRACES} value=${keep} onChange=${setKeep} error=${valid || keep === null ? undefined : 'write a duration above zero, such as 12h'}
        hint=${keep === '' ? 'Every program that has the old secret gets 401 at once, and its streams end within 2 s.' : 'Give the new secret to its programs in this time. Both work until then.'} />
      ${oldUntil && Date.parse(oldUntil) > Date.now() && html`<p class="banner banner-warn"><span>A secret of an earlier rotation still works until <${Time} at=${oldUntil} exact />. A token has at most two secrets: this rotation ends that one now.</span></p>`}
      ${isOwn && html`<p class="muted small">This is your own token. The tab goes on with the new secret.</p>`}
      <${InlineError} error=${error} />
      <div class="actions">
        <${Button} type="submit" kind="primary" busy=${busy} disabled=${busy || !valid}>Rotate<//>
        <${Button} onClick=${onClose}>Cancel<//>
        <${CopyAs} request=${{ method: 'POST', path: `/v1/tokens/${encodeURIComponent(id)}/rotate`, body: { keep_old_for: keep || undefined } }} command=${['token', 'rotate', id]} options=${{ 'keep-old-for': keep }} />
      </div>
    </form>
  <//>`;
}
