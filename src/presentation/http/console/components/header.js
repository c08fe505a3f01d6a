// The header: where one is, whether the page is live, and whose token it is.

import { editCount } from '../edit-count.js';
import { hrefOf } from '../navigation.js';
import { html } from '../preact.js';
import { connection } from '../live.js';
import { session, signOut } from '../session.js';
import { useStore } from '../store.js';
import { pointOf } from '../time.js';
import { helpShown } from '../keys.js';
import { Button } from './button.js';
import { Icon } from './icon.js';
import { Text } from './text.js';
import { ThemeToggle } from './theme-toggle.js';

const SECTIONS = [
  { view: 'browse', label: 'Browse', icon: 'folder', also: ['value', 'history', 'import'] },
  { view: 'changes', label: 'Changes', icon: 'history', also: [] },
  { view: 'diff', label: 'Compare', icon: 'compare', also: [] },
  { view: 'changeset', label: 'Change set', icon: 'tray', also: [] },
  { view: 'access', label: 'Access', icon: 'lock', also: [] },
  { view: 'operations', label: 'Operations', icon: 'clock', also: [] },
];

export function Header({ route }) {
  const { state, token, identity } = useStore(session);
  const inside = state === 'signed-in';
  return html`<header class="header">
    <a class="brand" href="#/" aria-label="ConfigApi, home"><${Mark} /><span>ConfigApi</span></a>
    ${inside && html`<nav class="sections" aria-label="Sections">
      ${SECTIONS.map((section) => html`<${Section} key=${section.view} section=${section} route=${route} />`)}
    </nav>`}
    <div class="header-end">
      ${inside && html`<${LiveState} />`}
      ${inside && token && html`<span class="identity" title=${`Signed in as ${identity.name}`}><${Text}>${identity.name}<//></span>
        <${Button} kind="quiet" icon="signout" label="Sign out" onClick=${signOut} />`}
      <${Button} kind="quiet" class="only-wide" icon="keyboard" label="Keys" onClick=${() => helpShown.set(true)} />
      <${ThemeToggle} />
    </div>
  </header>`;
}

function Section({ section: { view, label, icon, also }, route }) {
  const edits = useStore(editCount);
  const here = route.view === view || also.includes(route.view);
  // Compare begins with the point that is shown.
  const query = view === 'diff' && route.view !== 'diff' ? { from: pointOf(route), prefix: route.query.prefix } : {};
  return html`<a href=${hrefOf(view, query)} class="section" aria-current=${here ? 'page' : undefined}>
    <${Icon} name=${icon} /><span>${label}</span>
    ${view === 'changeset' && edits > 0 && html`<span class="count-badge" aria-label=${`${edits} edits`}>${edits}</span>`}
  </a>`;
}

const STATES = {
  connecting: ['Connecting', 'The page connects to the server.'],
  live: ['Live', 'Changes appear as they happen.'],
  reconnecting: ['Reconnecting', 'The connection was lost; the page connects again by itself.'],
  paused: ['Paused', 'Changes are held back.'],
  offline: ['Offline', 'The server does not answer; the page connects again by itself.'],
};

export function LiveState() {
  const state = useStore(connection, (current) => current.state);
  const [label, title] = STATES[state];
  return html`<span class=${`live live-${state}`} title=${title}><span class="live-dot" aria-hidden="true"></span>${label}</span>`;
}

function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" />
    <path d="M16 7a9 9 0 1 1-8.5 6M7 7v6h6M16 11v5.5l4 2.5" /></svg>`;
}
