// A new token: its name, what it may do, how long; then its text, once.
//
// Invariant: the text is in this dialog alone, and is gone from the page when the dialog closes. The first token of an
// open server signs this tab in, so it is also where sign-in keeps it.

import { createToken } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Dialog } from '../components/dialog.js';
import { DurationField } from '../components/duration-field.js';
import { Field } from '../components/field.js';
import { announce } from '../components/notices.js';
import { ScopeForm } from '../components/scope-form.js';
import { Scope } from '../components/scopes.js';
import { InlineError } from '../components/states.js';
import { EXPIRIES, isDuration } from '../lifetimes.js';
import { html, useState } from '../preact.js';
import { administeredPrefixes, argumentOf, EVERYTHING, problemOf, scopesOf } from '../scopes.js';
import { signedIn } from '../session.js';
import { bytesOf } from '../units.js';
import { TokenText } from './token-text.js';

const NAME_MAX = 64;
const RESERVED = ['root', 'anonymous'];

/** @param {{isFirst?: boolean, maker?: object, tokens?: object[], onMade?: () => void, onClose: () => void}} props */
export function NewToken({ isFirst = false, maker, tokens = [], onMade, onClose }) {
  const [name, setName] = useState('');
  const [rows, setRows] = useState(() => [{ effect: 'allow', prefix: administeredPrefixes(maker?.scopes ?? [])[0] ?? '', actions: ['read'] }]);
  const [expiresIn, setExpiresIn] = useState(isFirst ? '' : '90days');
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [made, setMade] = useState(null);

  const scopes = isFirst ? [EVERYTHING] : scopesOf(rows);
  const body = { name: name.trim(), scopes, expires_in: expiresIn || undefined, note: note.trim() || undefined };
  const isExpiry = expiresIn === '' || isDuration(expiresIn ?? '');
  const nameError = tried ? problemOfName(body.name, tokens) : error?.kind === 'token-exists' ? error.message : null;
  const expiryError = tried && !isExpiry ? 'write a duration above zero, such as 45days or 12h' : null;
  const create = async (event) => {
    event.preventDefault();
    setTried(true);
    setError(null);
    if (problemOfName(body.name, tokens) || !isExpiry || (!isFirst && rows.some(problemOf))) return;
    setBusy(true);
    try {
      const { data } = await createToken(body);
      const { token: text, ...known } = data;
      // Signed in first: the server refuses requests without a token from now on.
      if (data.server_closed) signedIn(text, { name: known.name, id: known.id, scopes: known.scopes, expires_at: known.expires_at });
      setMade({ ...known, text });
      onMade?.();
    } catch (problem) {
      setError(problem.kind === 'unreachable' ? unknownOutcome() : problem);
    }
    setBusy(false);
  };

  if (made) {
    return html`<${TokenText} title=${`Token of ${made.name}`} text=${made.text} isSignedIn=${Boolean(made.server_closed)} onClose=${() => {
      announce(made.server_closed ? `The server is closed now. You are signed in as ${made.name}.` : `Token ${made.name} is made.`);
      onClose();
    }} />`;
  }
  return html`<${Dialog} title=${isFirst ? 'Create the first token' : 'New token'} wide onClose=${onClose}>
    <form class="token-form" onSubmit=${create} noValidate>
      ${isFirst && html`<p class="banner banner-warn"><span>This <strong>closes the server</strong> at once, for every client. Programs that use it without a token get 401 until they have one.</span></p>`}
      <div class="token-fields">
        <${Field} label="Name" value=${name} onInput=${(text) => { setName(text); setError(null); }} required autofocus autocomplete="off" spellcheck=${false} error=${nameError ?? undefined}
          placeholder=${isFirst ? 'such as your own name' : 'such as web, ci or a name'} hint="The actor of every change that is made with it." />
        <${DurationField} label="Expires in" options=${EXPIRIES} value=${expiresIn} onChange=${setExpiresIn} error=${expiryError ?? undefined}
          hint=${isFirst ? 'If the only administrator expires, a root token alone opens the server again.' : undefined} />
      </div>
      ${isFirst ? html`<div class="field"><span class="field-label">What it may do</span><p><${Scope} scope=${EVERYTHING} /></p><p class="field-hint">The first token has to administer everything, because it makes all others.</p></div>`
        : html`<${ScopeForm} rows=${rows} onRows=${(next) => { setRows(next); setError(null); }} shown=${tried} />`}
      <${Field} label="Note" value=${note} onInput=${setNote} maxlength="1000" autocomplete="off" hint="What it is for, and who looks after it. Other administrators see it." />
      ${error && error.kind !== 'token-exists' && html`<${InlineError} error=${error} />`}
      <div class="actions">
        <${Button} type="submit" kind="primary" icon=${isFirst ? 'lock' : 'check'} busy=${busy} disabled=${busy}>${isFirst ? 'Create and close the server' : 'Create token'}<//>
        <${Button} onClick=${onClose}>Cancel<//>
        ${body.name && html`<${CopyAs} request=${{ method: 'POST', path: '/v1/tokens', body }} options=${{ 'expires-in': body.expires_in, note: body.note }}
          command=${['token', 'create', body.name, ...scopes.flatMap((scope) => [scope.deny ? '--deny' : '--scope', argumentOf(scope)])]} />`}
      </div>
    </form>
  <//>`;
}

function problemOfName(name, tokens) {
  if (!name) return 'write a name';
  if (bytesOf(name) > NAME_MAX) return `a name has at most ${NAME_MAX} bytes`;
  if (RESERVED.includes(name)) return `${name} is reserved: take another name`;
  if (tokens.some((token) => token.name === name && !(token.expires_at && Date.parse(token.expires_at) <= Date.now()))) return 'a token has this name already: take another one, or rotate that token';
  return null;
}

/** The request may have arrived all the same. */
function unknownOutcome() {
  return { title: 'It is not known whether the token was made', message: 'the server did not answer. Look into the list when it is back, and revoke the token if its text was never shown' };
}
