// The versions of a name: one entry each, with what it changed.

import { getHistory } from '../api.js';
import { Icon } from '../components/icon.js';
import { Failure, Loading } from '../components/states.js';
import { Actor, Text, Time } from '../components/text.js';
import { ValueDiff } from '../components/value-diff.js';
import { sidesOf } from '../events.js';
import { hrefOf } from '../navigation.js';
import { html, useState } from '../preact.js';
import { useResource } from '../resource.js';

const RECENT = 5;
const LABELS = { added: 'set', changed: 'changed', removed: 'deleted', shredded: 'shredded' };

/** @param {{event: object, open?: boolean, actions?: unknown, current?: boolean}} props */
export function Version({ event, open = false, current = false, children }) {
  const [shown, setShown] = useState(open);
  const { kind, from, to } = sidesOf(event);
  return html`<li class=${`version version-${kind}`}>
    <div class="version-head">
      <button type="button" class="change-toggle" aria-expanded=${shown ? 'true' : 'false'} onClick=${() => setShown(!shown)}>
        <${Icon} name="chevron" /><strong>Version ${event.stream_version}</strong>
        <span class=${`badge badge-${kind === 'shredded' ? 'bad' : kind}`}>${LABELS[kind]}</span>${current && html`<span class="badge badge-accent">current</span>`}
      </button>
      <span class="muted version-meta"><${Time} at=${event.created_at} /> by <${Actor}>${event.metadata.actor}<//> <a href=${hrefOf('changes', { upto: event.revision, open: event.revision })} class="mono">#${event.revision}</a></span>
      <div class="actions">${children}</div>
    </div>
    ${event.metadata.reason && html`<p class="reason"><${Text}>${event.metadata.reason}<//></p>`}
    ${shown && (kind === 'shredded' ? html`<p class="diff-note muted">The text of versions ${event.data.versions?.join(', ') ?? 'of this name'} no longer exists.</p>` : html`<div class="version-diff"><${ValueDiff} from=${from} to=${to} /></div>`)}
  </li>`;
}

/** The last few versions, below the value. */
export function RecentVersions({ name, revision }) {
  const { data, error, reload } = useResource((signal) => getHistory(name, { limit: RECENT, signal }), [name, revision]);
  if (error) return html`<${Failure} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${Loading} what="Loading the history" />`;
  const total = data.data[0]?.stream_version ?? 0;
  return html`<section class="panel" aria-labelledby="recent-versions">
    <div class="panel-head"><h2 id="recent-versions">History</h2><a class="push" href=${hrefOf('history', {}, name)}>${total > RECENT ? `All ${total} versions` : 'Compare and restore'}</a></div>
    <ol class="versions">${data.data.map((event, index) => html`<${Version} key=${event.stream_version} event=${event} open=${index === 0 && event.stream_version > 1} />`)}</ol>
    ${total > data.data.length && html`<p class="cut-note">${data.data.length} of ${total} versions shown.</p>`}
  </section>`;
}
