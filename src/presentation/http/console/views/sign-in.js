// Sign-in: a token, typed once and kept in this tab.

import { whoami } from '../api.js';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { InlineError } from '../components/states.js';
import { html, useState } from '../preact.js';
import { session, signedIn } from '../session.js';
import { useStore } from '../store.js';

export function View() {
  const { notice } = useStore(session);
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { data } = await whoami({ token: token.trim() });
      signedIn(token.trim(), data);
    } catch (problem) {
      setError(problem.status === 401 ? { message: 'the server does not know this token; it may be mistyped, expired or revoked', title: 'Not signed in' } : problem);
      setBusy(false);
    }
  };
  return html`<div class="sign-in"><form class="panel" onSubmit=${submit}>
    <h1>Sign in</h1>
    ${notice ? html`<p class="banner banner-warn">${notice}</p>` : html`<p class="muted">This server wants a token. You return to the same view.</p>`}
    <${Field} label="Token" type="password" value=${token} onInput=${setToken} required autofocus autocomplete="off" spellcheck=${false} placeholder="cfgapi_…"
      hint="Kept in this tab only, until it is closed or you sign out." />
    <${InlineError} error=${error} />
    <${Button} type="submit" kind="primary" busy=${busy} disabled=${busy || !token.trim()}>Sign in<//>
  </form></div>`;
}
