// The tokens: what they may do, how long they live, when they were last used; and an open server's way to its first.

import { listTokens } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Icon } from '../components/icon.js';
import { Scopes } from '../components/scopes.js';
import { Empty, Failure, InlineError, Loading } from '../components/states.js';
import { Actor, Text, Time } from '../components/text.js';
import { openDialog } from '../dialogs.js';
import { count, localTime, plural, visibleText } from '../format.js';
import { byAttention, expiryOf, timeLeft } from '../lifetimes.js';
import { withQuery } from '../navigation.js';
import { html, useEffect, useMemo, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { ACTIONS, administers } from '../scopes.js';
import { NewToken } from './token-new.js';
import { RevokeToken } from './token-revoke.js';
import { RotateToken } from './token-rotate.js';

/** So many tokens have a filter, and so many are shown at first. */
const FILTERED = 8;
const SHOWN = 200;

export function Tokens({ route, identity, isOpen }) {
  if (!administers(identity.scopes)) return html`<${NoAdmin} />`;
  if (isOpen) return html`<${WhatTokensDo} />`;
  return html`<${TokenList} identity=${identity} filter=${route.query.q ?? ''} />`;
}

/** A token that may not list tokens; the server is not asked for what it would refuse. */
function NoAdmin() {
  return html`<div class="panel"><${Empty} icon="lock" title="Your token does not administer">
    <p>Only a token with the action <strong>admin</strong> lists, makes, rotates and revokes tokens, and only those inside its own scopes.</p>
    <p>You can still see why something is refused, and read the policy and the schemas.</p>
    <div class="state-actions"><a class="button" href="#/access?tab=explain">Explain a name</a><a class="button" href="#/access?tab=policy">Read the policy</a></div><//></div>`;
}

/** What a reader of an open server should know before the first token. */
function WhatTokensDo() {
  return html`<section class="panel" aria-labelledby="actions">
    <div class="panel-head"><h2 id="actions">What a token may do</h2><span class="muted">Each token has scopes: a prefix, and what is allowed or denied below it. A deny always wins.</span></div>
    <dl class="rules">${ACTIONS.map(({ action, hint }) => html`<div key=${action}><dt class=${`scope-${action}`}>${action}</dt><dd>${hint}</dd></div>`)}</dl>
  </section>`;
}

/** An open server: what that means, and how it is closed. */
export function OpenServer({ isShort }) {
  if (isShort) return html`<p class="banner banner-warn banner-icon"><${Icon} name="lock" /><span>This server is open: every client may do everything. <a href="#/access">Close it with a first token</a></span></p>`;
  return html`<section class="panel access-open" aria-label="Open server">
    <span class="state-icon"><${Icon} name="lock" /></span>
    <div class="access-open-text">
      <h2>This server is open</h2>
      <p>It knows no token: every client that reaches it may read and change everything, as <strong>anonymous</strong>. That is meant for a first look on your own machine.</p>
      <p>The first token closes it at once. From then on every client needs a token, so this one has to administer everything: it makes all others. This tab is then signed in with it.</p>
      <div class="actions"><${Button} kind="primary" icon="lock" onClick=${() => openDialog((close) => html`<${NewToken} isFirst onClose=${close} />`)}>Create the first token<//>
        <${CopyAs} command=${['token', 'create', 'admin', '--scope', ':read,write,reveal,admin']}
          request=${{ method: 'POST', path: '/v1/tokens', body: { name: 'admin', scopes: [{ prefix: '', actions: ['read', 'write', 'reveal', 'admin'] }] } }} /></div>
    </div>
  </section>`;
}

function TokenList({ identity, filter }) {
  const { data, error, loading, reload } = useResource((signal) => listTokens({ signal }), [identity.id]);
  const [most, setMost] = useState(SHOWN);
  useReloadOnReturn(reload);
  const now = Date.now();
  const all = useMemo(() => byAttention(data?.data ?? [], now), [data]);
  if (!data) return error ? html`<div class="panel"><${Failure} error=${error} onRetry=${reload} /></div>` : html`<${Loading} what="Loading the tokens" />`;
  const wanted = filter.trim().toLowerCase();
  const found = wanted ? all.filter((token) => textOf(token).includes(wanted)) : all;
  const shown = found.slice(0, most);
  const near = all.filter(({ expires_at: at }) => expiryOf(at, now) === 'near');
  const create = () => openDialog((close) => html`<${NewToken} maker=${identity} tokens=${all} onMade=${reload} onClose=${close} />`);
  return html`
    ${near.length > 0 && html`<p class="banner banner-warn banner-icon"><${Icon} name="clock" /><span>${plural(near.length, 'token')} ${near.length === 1 ? 'expires' : 'expire'} within 14 days. Rotation does not prolong a token: make a new one where it is still needed.</span></p>`}
    <section class="panel" aria-label="Tokens">
      <div class="panel-head"><h2>Tokens</h2><span class="muted">${wanted ? `${count(found.length)} of ` : ''}${plural(all.length, 'token')}</span>
        ${all.length > FILTERED && html`<input type="search" class="input access-filter" aria-label="Filter tokens" placeholder="Filter by name, prefix or note" value=${filter}
          onInput=${(event) => withQuery({ q: event.currentTarget.value || undefined }, { replace: true, settle: true })} />`}
        <div class="actions push"><${Button} kind="quiet" busy=${loading} onClick=${reload}>Reload<//>
          <${Button} kind="primary" icon="add" onClick=${create}>New token<//></div></div>
      ${error && html`<${InlineError} error=${error} />`}
      ${all.length === 0 ? html`<${Empty} icon="lock" title="No tokens yet"><p>You came with the root token, which is not in the log. Make a token for each person and each program, so that every change says whose it was.</p>
          <div class="state-actions"><${Button} icon="add" onClick=${create}>New token<//></div><//>`
        : shown.length === 0 ? html`<${Empty} title="No token is like that"><p>The filter looks into names, ids, notes, prefixes and actions.</p>
          <p><button class="link" onClick=${() => withQuery({ q: undefined }, { replace: true })}>Show all tokens</button></p><//>`
        : html`<div class="table-box"><table class="table tokens">
          <thead><tr><th scope="col">Name</th><th scope="col">Scopes</th><th scope="col">Created</th><th scope="col">Expires</th><th scope="col" title="On this server, since it was started, to the minute">Last used here</th><th scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
          <tbody>${shown.map((token) => html`<${TokenRow} key=${token.id} token=${token} identity=${identity} tokens=${all} onDone=${reload} />`)}</tbody>
        </table></div>`}
      ${shown.length < found.length && html`<p class="cut-note">${shown.length} of ${plural(found.length, 'token')} shown. <button type="button" class="link" onClick=${() => setMost(most + SHOWN)}>Show more</button></p>`}
    </section>
    <${CopyAs} request=${{ path: '/v1/tokens' }} command=${['token', 'list']} />`;
}

function textOf({ name, id, note, scopes }) {
  return [name, id, note, ...scopes.map(({ prefix, actions, deny }) => `${prefix} ${(actions ?? deny).join(' ')}`)].join('\n').toLowerCase();
}

function TokenRow({ token, identity, tokens, onDone }) {
  const { id, name, note, scopes, created_at: createdAt, created_by: createdBy, expires_at: expiresAt, last_used_at: usedAt, old_token_until: oldUntil } = token;
  const isOwn = id === identity.id;
  const rotate = () => openDialog((close) => html`<${RotateToken} token=${token} isOwn=${isOwn} onMade=${onDone} onClose=${close} />`);
  const revoke = () => openDialog((close) => html`<${RevokeToken} token=${token} isOwn=${isOwn} tokens=${tokens} onDone=${onDone} onClose=${close} />`);
  const isExpired = expiryOf(expiresAt, Date.now()) === 'expired';
  return html`<tr class=${isExpired ? 'token-expired' : ''}>
    <td class="token-name"><strong><${Text}>${name}<//></strong>${isOwn && html` <span class="badge badge-accent">you</span>`}
      ${note && html`<p class="muted small"><bdi><${Text}>${note}<//></bdi></p>`}<p class="muted mono small">${id}</p></td>
    <td><${Scopes} scopes=${scopes} /></td>
    <td data-label="Created"><${Time} at=${createdAt} /> <span class="small muted nowrap">by <${Actor}>${createdBy}<//></span></td>
    <td data-label="Expires">${expiresAt ? html`<${Time} at=${expiresAt} /> <${ExpiryBadge} at=${expiresAt} />` : html`<span class="muted">never</span>`}
      ${isAhead(oldUntil) && html`<p class="small muted" title=${localTime(oldUntil)}>The secret before the last rotation works until <${Time} at=${oldUntil} exact />.</p>`}</td>
    <td data-label="Last used">${usedAt ? html`<${Time} at=${usedAt} />` : html`<span class="muted">not yet</span>`}</td>
    <td class="token-actions"><div class="actions">${!isExpired && html`<${Button} kind="quiet" icon="undo" onClick=${rotate}>Rotate<span class="visually-hidden"> ${visibleText(name)}</span><//>`}
      <${Button} kind="quiet" icon="trash" onClick=${revoke}>Revoke<span class="visually-hidden"> ${visibleText(name)}</span><//></div></td>
  </tr>`;
}

function isAhead(instant) {
  return Boolean(instant) && Date.parse(instant) > Date.now();
}

export function ExpiryBadge({ at }) {
  const state = expiryOf(at, Date.now());
  if (state === 'expired') return html`<span class="badge badge-bad">expired</span>`;
  if (state === 'near') return html`<span class="badge badge-warn">${timeLeft(at, Date.now())} left</span>`;
  return null;
}

// Changes of tokens are not in the feed, so the list is asked for again when the tab is looked at again.
function useReloadOnReturn(reload) {
  useEffect(() => {
    const onVisible = () => { if (!document.hidden) reload(); };
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  }, [reload]);
}
