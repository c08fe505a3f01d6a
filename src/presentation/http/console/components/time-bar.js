// The time bar: when changes happened, and the handle that shows any moment of the log.

import { getActivity } from '../api/overview.js';
import { head } from '../live.js';
import { html, useEffect, useRef, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { createStore, useStore } from '../store.js';
import { pointOf, showPoint, useMoment, useRevision } from '../time.js';
import { scaleOf, SPANS, windowOf, withQuietEnd } from '../timescale.js';
import { Button } from './button.js';
import { lazy } from './lazy.js';
import { Plot } from './plot.js';
import { Actor, Revision, Time } from './text.js';

const PastBanner = lazy(() => import('./past-banner.js'), 'PastBanner', { whileLoading: null });
const ActivityTable = lazy(() => import('./activity-table.js'), 'ActivityTable');

/** One bar of the plot is this wide, in pixels. */
const BAR = 4;
const BUCKETS_MAX = 400;
/** However many changes arrive, the plot is asked for this often at most, in milliseconds. */
const REFRESH = 1000;

/** The span stays while one goes from view to view. */
const spanShown = createStore('all');
const tableShown = createStore(false);

/** @param {{route: import('../router.js').Route, kind: 'point'|'range'}} props */
export function TimeBar({ route, kind }) {
  const span = useStore(spanShown);
  const table = useStore(tableShown);
  const [width, setWidth] = useState(0);
  const { data } = useActivity(span, Math.min(BUCKETS_MAX, Math.floor(width / BAR)));
  const newest = useStore(head);
  const buckets = data?.buckets ?? [];
  const scale = scaleOf(span === 'all' ? withQuietEnd(buckets) : buckets, newest);
  const at = kind === 'point' ? pointOf(route) : undefined;
  const revision = useRevision(at);
  const past = at !== undefined;
  const from = useRevision(kind === 'range' ? route.query.from : undefined);
  const to = useRevision(kind === 'range' ? route.query.to : undefined);

  const handles = kind === 'range'
    ? [{ label: 'Point in time', revision: from, parameter: 'from' }, { label: 'Until', revision: to, parameter: 'to' }]
    : [{ label: 'Point in time', revision: past ? revision : null, parameter: 'at', key: 't' }];

  return html`<section class=${`time ${past ? 'time-past' : ''}`} aria-label="Time">
    <div class="time-row">
      <div class="time-label">
        ${kind === 'range' ? html`<${RangeLabel} from=${from} to=${to} />` : html`<${PointLabel} at=${at} revision=${past ? revision : newest} />`}
      </div>
      <${Plot} scale=${scale} head=${newest} handles=${handles} onWidth=${setWidth}
        onPick=${(picked, parameter) => showPoint(picked, { parameter })} />
      <div class="time-controls">
        <div class="segmented" role="group" aria-label="Span of the time bar">
          ${SPANS.map(({ id, label, wide }) => html`<button type="button" class=${wide ? 'only-wide' : ''} aria-pressed=${span === id ? 'true' : 'false'} onClick=${() => spanShown.set(id)}>${label}</button>`)}
        </div>
        <${Button} kind="quiet" icon="table" label="Show the time bar as a table" onClick=${() => tableShown.set(true)} />
      </div>
    </div>
    ${past && html`<${PastBanner} route=${route} at=${at} revision=${revision} newest=${newest} />`}
    ${table && html`<${ActivityTable} scale=${scale} onPick=${kind === 'point' ? showPoint : null} onClose=${() => tableShown.set(false)} />`}
  </section>`;
}

/** The activity of a span that ends at the server's present, loaded again when changes arrive. */
function useActivity(span, buckets) {
  const newest = useStore(head);
  const [turn, setTurn] = useState(newest);
  const waiting = useRef(0);
  useEffect(() => {
    if (turn === newest || waiting.current) return;
    waiting.current = setTimeout(() => {
      waiting.current = 0;
      setTurn(head.get());
    }, turn ? REFRESH : 0);
  }, [newest, turn]);
  const load = async (signal) => (buckets < 1 || turn < 1 ? undefined : (await getActivity({ ...windowOf(span, turn), buckets, signal })).data);
  return useResource(load, [span, buckets, turn]);
}

function PointLabel({ at, revision }) {
  const moment = useMoment(revision);
  const past = at !== undefined;
  const name = revision === 0 ? 'Before the first change' : moment ? html`<${Time} at=${moment.instant} exact />` : `Point ${at}`;
  return html`
    <span class="time-now">${past ? name : 'Now'}</span>
    <span class="time-detail">${revision > 0 ? html`<${Revision}>${revision}<//>` : revision === 0 && 'nothing yet'}
      ${moment && html` by <${Actor}>${moment.actor}<//>${!past && html`, <${Time} at=${moment.instant} />`}`}</span>`;
}

function RangeLabel({ from, to }) {
  return html`<span class="time-now">${from ?? 'Now'} → ${to ?? 'now'}</span><span class="time-detail">drag either handle</span>`;
}
