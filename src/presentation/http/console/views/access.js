// Access: who may do what. Tokens, why something is refused, the policy, and the schemas.

import { Scopes } from '../components/scopes.js';
import { Text, Time } from '../components/text.js';
import { hrefOf } from '../navigation.js';
import { html } from '../preact.js';
import { session } from '../session.js';
import { useStore } from '../store.js';
import { Explain } from './access-explain.js';
import { Policy } from './access-policy.js';
import { Schemas } from './access-schemas.js';
import { ExpiryBadge, OpenServer, Tokens } from './access-tokens.js';

const TABS = [
  { tab: 'tokens', label: 'Tokens', panel: Tokens },
  { tab: 'explain', label: 'Explain', panel: Explain },
  { tab: 'policy', label: 'Policy', panel: Policy },
  { tab: 'schemas', label: 'Schemas', panel: Schemas },
];

export function View({ route }) {
  const { token, identity } = useStore(session);
  const { tab: shown, panel: Panel } = TABS.find(({ tab }) => tab === route.query.tab) ?? TABS[0];
  return html`<div class="page page-access">
    <div class="page-head"><h1>Access</h1>
      <nav class="access-tabs" aria-label="Access">${TABS.map(({ tab, label }) => html`<a key=${tab} href=${hrefOf('access', { tab: tab === 'tokens' ? undefined : tab })}
        aria-current=${tab === shown ? 'page' : undefined}>${label}</a>`)}</nav>
    </div>
    ${token ? html`<${You} identity=${identity} />` : html`<${OpenServer} isShort=${shown !== 'tokens'} />`}
    <${Panel} key=${shown} route=${route} identity=${identity} isOpen=${!token} />
  </div>`;
}

function You({ identity: { name, id, scopes, expires_at: expiresAt } }) {
  return html`<section class="panel panel-body access-you" aria-label="Your token">
    <p>You are <strong><${Text}>${name}<//></strong>${id && id !== name && html` <span class="muted mono small">${id}</span>`}</p>
    <${Scopes} scopes=${scopes} />
    <p class="muted small">${expiresAt ? html`Your token expires <${Time} at=${expiresAt} /> <${ExpiryBadge} at=${expiresAt} />` : 'Your token does not expire.'}</p>
  </section>`;
}
