// Operations: whether the server works, how far it is, and what it does right now.

import { Button, CopyButton } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Icon } from '../components/icon.js';
import { MetricPlot } from '../components/metric-plot.js';
import { Failure, Loading } from '../components/states.js';
import { Time } from '../components/text.js';
import { count, plural } from '../format.js';
import { anchorOf, CHECKS, verdictOf } from '../health.js';
import { rate, seconds } from '../metric-units.js';
import { gauge } from '../metrics.js';
import { withQuery } from '../navigation.js';
import { onlyReads } from '../only-reads.js';
import { html, useMemo, useState } from '../preact.js';
import { gaugesOf, latenciesOf, ratesOf } from '../samples.js';
import { session } from '../session.js';
import { useStore } from '../store.js';
import { size } from '../units.js';
import { useSamples } from '../use-samples.js';
import { Routes } from './operations-routes.js';

const INTERVALS = [[2, '2 s'], [5, '5 s'], [15, '15 s'], [60, '1 min']];
const STATUS_COLORS = { '1xx': 'muted', '2xx': 'good', '3xx': 'accent', '4xx': 'warn', '5xx': 'bad' };
const MEMORY = [['bodies', 'request bodies'], ['unsent', 'responses not taken'], ['answers', 'data being read']];

export function View({ route }) {
  const every = INTERVALS.find(([length]) => String(length) === route.query.every)?.[0] ?? 5;
  const [paused, setPaused] = useState(false);
  const { samples, latest, health, error, time, again } = useSamples(every * 1000, paused);
  return html`<div class="page page-operations">
    <div class="page-head"><h1>Operations</h1>
      <div class="actions push">
        <span class="muted small">Sampled every</span>
        <div class="segmented" role="group" aria-label="Interval">${INTERVALS.map(([length, label]) => html`<button type="button" aria-pressed=${every === length ? 'true' : 'false'}
          onClick=${() => withQuery({ every: length === 5 ? undefined : length }, { replace: true })}>${label}</button>`)}</div>
        <${Button} aria-pressed=${paused ? 'true' : 'false'} onClick=${() => setPaused(!paused)}>${paused ? 'Resume' : 'Pause'}<//>
      </div></div>
    ${!health ? (error ? html`<div class="panel"><${Failure} error=${error} onRetry=${again} /></div>` : html`<${Loading} what="Asking the server" />`) : html`
      <${Verdict} health=${health} error=${error} time=${time} paused=${paused} />
      <div class="cards"><${Checks} health=${health} stale=${error?.kind === 'unreachable'} /><${Position} details=${health.details} /><${Server} health=${health} latest=${latest} /></div>
      <${Plots} samples=${samples} interval=${every * 1000} by=${route.query.by === 'route' ? 'route' : 'status'} />
      <${Routes} latest=${latest} />
      <${CopyAs} request=${{ path: '/metrics' }} command=${['status']} />`}
  </div>`;
}

function Verdict({ health, error, time, paused }) {
  const reads = useOnlyReads(health);
  const { tone, title, text } = error?.kind === 'unreachable'
    ? { tone: 'bad', title: 'The server does not answer', text: 'What you see is what it said last. The console keeps asking.' }
    : error ? { tone: 'warn', title: 'The last sample failed', text: error.message }
    : verdictOf(health, { onlyReads: reads });
  return html`<section class=${`verdict verdict-${tone}`} aria-label="State">
    <span class="verdict-icon"><${Icon} name=${error?.kind === 'unreachable' ? 'offline' : tone === 'good' ? 'check' : 'alert'} /></span>
    <div aria-live="polite"><h2>${title}</h2><p>${text}</p></div>
    <p class="verdict-time small">${paused ? 'Paused' : error ? 'Last answer' : 'Sampled'} <${Time} at=${new Date(time).toISOString()} /></p>
  </section>`;
}

/** A release whose health says it is believed; others are found out by a write that they refuse. */
function useOnlyReads({ details }) {
  const found = useStore(onlyReads);
  return details?.read_only ?? found;
}

/** @param {{health: object, stale: boolean}} props `stale`: the server does not answer, so these are its last words */
function Checks({ health: { checks }, stale }) {
  return html`<section class="panel card" aria-labelledby="checks"><h2 id="checks">Health</h2>
    <ul class="checks">${Object.entries(checks).map(([name, state]) => {
      const { label, fine, down } = CHECKS[name] ?? { label: name, fine: '', down: 'Look into the server’s log.' };
      if (stale) return html`<li key=${name} class="check-stale"><${Icon} name="minus" /><div><strong>${label}</strong> <span class="badge">was ${state}</span><p class="small muted">Not known until the server answers.</p></div></li>`;
      return html`<li key=${name} class=${state === 'ok' ? 'check-fine' : 'check-down'}><${Icon} name=${state === 'ok' ? 'check' : 'alert'} />
        <div><strong>${label}</strong> <span class="badge badge-${state === 'ok' ? 'added' : 'bad'}">${state}</span><p class="small muted">${state === 'ok' ? fine : down}</p></div></li>`;
    })}</ul></section>`;
}

function Position({ details }) {
  if (!details) return null;
  const { applied_revision: applied, head_revision: head, lag, lag_seconds: since, head: end } = details;
  return html`<section class="panel card" aria-labelledby="position"><h2 id="position">Log</h2>
    <dl class="numbers">
      <div><dt>Applied revision</dt><dd>${count(applied)}</dd></div>
      <div><dt>Head revision</dt><dd>${count(head)}</dd></div>
      <div class=${lag > 0 ? 'number-warn' : ''}><dt>Lag</dt><dd>${count(lag)} <small>${lag === 1 ? 'revision' : 'revisions'}</small></dd></div>
      <div class=${since === null || since > 5 ? 'number-warn' : ''}><dt>Level with the log</dt><dd>${since === null ? 'never' : since === undefined ? '–' : since === 0 ? 'now' : html`${count(since)} <small>s ago</small>`}</dd></div>
    </dl>
    ${end && html`<div class="anchor"><div class="anchor-head"><strong>Anchor</strong> <span class="muted small">revision ${count(end.revision)}</span><${CopyButton} class="push" text=${() => anchorOf(end)}>Copy anchor<//></div>
      <code>${anchorOf(end)}</code>
      <p class="muted small">The hash covers every change up to here. Keep it elsewhere, and compare it later: another hash for this revision means that the log was altered.</p></div>`}
  </section>`;
}

function Server({ health, latest }) {
  const { details } = health;
  const reads = useOnlyReads(health);
  const isOpen = useStore(session, ({ token }) => !token);
  const value = (name) => gauge(latest, name);
  const days = value('configapi_token_expiry_days');
  const expires = value('configapi_tls_certificate_expiry_timestamp_seconds');
  const restarts = details?.worker_restarts ?? value('configapi_worker_restarts_total') ?? 0;
  const panics = value('configapi_handler_panics_total') ?? 0;
  return html`<section class="panel card" aria-labelledby="server"><h2 id="server">Server</h2>
    <dl class="lines">
      <${Line} label="Address"><span class="mono">${location.host}</span><//>
      <${Line} label="Version">${details?.version ? html`<span class="mono">${details.version}</span>` : 'not said by this release'}<//>
      <${Line} label="Console"><span class="mono">${consoleBuild()}</span><//>
      ${reads && html`<${Line} label="Writes">refused: this server only reads<//>`}
      <${Line} label="Worker restarts" warns=${restarts > 0}>${count(restarts)}${restarts > 0 && ' after a panic: look into the log'}<//>
      ${panics > 0 && html`<${Line} label="Panics of handlers" warns>${count(panics)}<//>`}
      <${Line} label="Live tokens">${isOpen ? 'none: the server is open' : count(value('configapi_tokens') ?? 0)}<//>
      ${days !== null && html`<${Line} label="Next token expires" warns=${days < 14}>${days * 24 < 1 ? 'within the hour' : days < 1 ? `in ${Math.floor(days * 24)} h` : `in ${plural(Math.floor(days), 'day')}`}<//>`}
      ${expires !== null && html`<${Line} label="Certificate expires" warns=${expires * 1000 - Date.now() < 14 * 86_400_000}><${Time} at=${new Date(expires * 1000).toISOString()} /><//>`}
      <${Line} label="Denied requests">${count(value('configapi_denied_requests_total') ?? 0)} <span class="muted">since its start</span><//>
      <${Line} label="Traffic">${size(value('configapi_received_bytes_total') ?? 0)} in, ${size(value('configapi_sent_bytes_total') ?? 0)} out <span class="muted">since its start</span><//>
    </dl></section>`;
}

function Line({ label, warns = false, children }) {
  return html`<div class=${warns ? 'line-warn' : ''}><dt>${label}</dt><dd>${children}</dd></div>`;
}

/** The files of the console are below an address that has the hash over all of them. */
function consoleBuild() {
  return new URL(import.meta.url).pathname.split('/').at(-3).slice(0, 12);
}

function Plots({ samples, interval, by }) {
  const times = useMemo(() => samples.slice(1).map(({ time }) => time), [samples]);
  const requests = useMemo(() => ratesOf(samples, by === 'route' ? 'byRoute' : 'byStatus', interval), [samples, by, interval]);
  const shown = requests.map((each) => (each.label === 'other' ? { ...each, label: 'no such route' } : each));
  const writes = useMemo(() => latenciesOf(samples, 'writes', interval), [samples, interval]);
  const reads = useMemo(() => latenciesOf(samples, 'reads', interval), [samples, interval]);
  const connections = useMemo(() => gaugesOf(samples, [['connections', 'open']]), [samples]);
  const memory = useMemo(() => gaugesOf(samples, MEMORY), [samples]);
  const lag = useMemo(() => gaugesOf(samples, [['lag', 'since it was level']]), [samples]);
  const choose = (key) => withQuery({ by: key === 'status' ? undefined : key }, { replace: true });
  const colors = by === 'status' ? requests.map(({ label }) => STATUS_COLORS[label] ?? 'muted') : undefined;
  return html`<section aria-labelledby="rates"><h2 id="rates" class="visually-hidden">Rates and latencies</h2><div class="plots">
    <${MetricPlot} title="Requests" times=${times} series=${shown} format=${rate} colors=${colors} empty="No request in this time." note="Per second, without those of monitors.">
      <div class="segmented" role="group" aria-label="Requests by">${[['status', 'Status'], ['route', 'Route']].map(([key, label]) => html`<button type="button" aria-pressed=${by === key ? 'true' : 'false'} onClick=${() => choose(key)}>${label}</button>`)}</div><//>
    <${MetricPlot} title="Write latency" times=${times} series=${writes} format=${seconds} empty="No write in the last minute." note="Of the last minute, until the response’s head; estimated from buckets." />
    <${MetricPlot} title="Read latency" times=${times} series=${reads} format=${seconds} empty="No read in the last minute." note="Of the last minute, without streams and long polls." />
    <${MetricPlot} title="Connections" times=${times} series=${connections} format=${whole} note="One of them is this page’s event stream." />
    <${MetricPlot} title="Memory of requests" times=${times} series=${memory} format=${size} note="What the server holds for requests under way, each within a limit of its own." />
    <${MetricPlot} title="Lag" times=${times} series=${lag} format=${seconds} colors=${['warn']} empty="This server was never known to have all of the log." note="Under a second where all is well; it grows while the server is cut off." />
  </div></section>`;
}

function whole(value) {
  return Number.isInteger(value) ? count(value) : '';
}
