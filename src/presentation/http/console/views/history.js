// The history of a name: every version, any two compared, and the way back to one.

import { planRestore } from '../actions.js';
import { getHistory } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { NameHead } from '../components/name-head.js';
import { Empty, Failure, InlineError, Loading } from '../components/states.js';
import { ValueDiff } from '../components/value-diff.js';
import { configPath } from '../paths.js';
import { sidesOf } from '../events.js';
import { plural } from '../format.js';
import { withQuery } from '../navigation.js';
import { html, useEffect, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { usePoint } from '../time.js';
import { Version } from './versions.js';

const PAGE = 50;

export function View({ route }) {
  const { name, query } = route;
  const { at, past } = usePoint();
  const [older, setOlder] = useState({ events: [], loading: false, error: null });
  const { data, error, reload } = useResource((signal) => getHistory(name, { limit: PAGE, signal }), [name], {
    refreshOn: (changes) => changes.some(({ events }) => events.some((event) => event.data.config_name === name)),
  });
  // The first page moves when a version is added; what was loaded behind it would leave a gap.
  useEffect(() => setOlder({ events: [], loading: false, error: null }), [data]);

  if (!data) return html`<div class="page"><${NameHead} route=${route} at=${at} />${error ? html`<${Failure} error=${error} onRetry=${reload} />` : html`<${Loading} what="Loading the history" />`}</div>`;
  const events = [...data.data, ...older.events];
  const total = events[0]?.stream_version ?? 0;
  const more = async () => {
    setOlder((previous) => ({ ...previous, loading: true, error: null }));
    try {
      const next = await getHistory(name, { after: events.at(-1).stream_version, limit: PAGE });
      setOlder((previous) => ({ events: [...previous.events, ...next.data], loading: false, error: null }));
    } catch (problem) {
      setOlder((previous) => ({ ...previous, loading: false, error: problem }));
    }
  };
  const chosen = [query.from, query.to].map((version) => events.find((event) => String(event.stream_version) === version));
  const choose = (version, side) => withQuery({ [side]: query[side] === String(version) ? undefined : String(version) }, { replace: true });

  return html`<div class="page">
    <${NameHead} route=${route} at=${at} />
    ${events.length === 0 ? html`<${Empty} icon="history" title="This name has no history"><p>It was never set, or your token may not read it.</p><//>` : html`
      ${chosen[0] && chosen[1] ? html`<${Comparison} from=${chosen[0]} to=${chosen[1]} onClose=${() => withQuery({ from: undefined, to: undefined }, { replace: true })} />`
        : html`<p class="muted">${plural(total, 'version')}. Choose two of them, A and B, to compare them.</p>`}
      <div class="panel"><ol class="versions timeline">
        ${events.map((event, index) => html`<${Version} key=${event.stream_version} event=${event} current=${index === 0} open=${index === 0}>
          <div class="segmented" role="group" aria-label=${`Compare version ${event.stream_version}`}>
            ${[['from', 'A'], ['to', 'B']].map(([side, label]) => html`<button type="button" aria-pressed=${query[side] === String(event.stream_version) ? 'true' : 'false'}
              aria-label=${`Compare version ${event.stream_version} as ${label}`} onClick=${() => choose(event.stream_version, side)}>${label}</button>`)}
          </div>
          ${index > 0 && !past && html`<${Button} icon="history" onClick=${() => planRestore({ to: event.revision, name })}>Restore this version<//>`}
        <//>`)}
      </ol>
      ${events.length < total && html`<p class="cut-note">${events.length} of ${plural(total, 'version')} shown.
        <button type="button" class="link" disabled=${older.loading} onClick=${more}>Show older</button></p>`}
      <${InlineError} error=${older.error} /></div>
      <${CopyAs} request=${{ path: `${configPath(name)}/history`, query: { order: 'desc' } }} command=${['history', name]} />`}
  </div>`;
}

function Comparison({ from, to, onClose }) {
  return html`<section class="panel" aria-labelledby="comparison">
    <div class="panel-head"><h2 id="comparison">Version ${from.stream_version} → version ${to.stream_version}</h2>
      <${Button} kind="quiet" class="push" icon="close" label="Close the comparison" onClick=${onClose} /></div>
    <div class="version-diff"><${ValueDiff} from=${sidesOf(from).to} to=${sidesOf(to).to} /></div>
  </section>`;
}
