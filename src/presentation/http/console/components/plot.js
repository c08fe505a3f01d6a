// The plot of the time bar with its handles. It is drawn from the scale alone and sends nothing.

import { axisTime, localTime, plural } from '../format.js';
import { html, useEffect, useLayoutEffect, useRef, useState } from '../preact.js';
import { useMoment } from '../time.js';
import { placeOf, revisionAt, stepFrom, ticksOf } from '../timescale.js';

const HEIGHT = 40;
const BAR_LEAST = 3;
/** Pixels between two labels of the axis. */
const LABEL = 96;
/** This close to the right end, in pixels, the handle snaps to now. */
const SNAP = 8;

/**
 * @param {{scale: object, head: number, handles: {label: string, revision: number|null, parameter: string, key?: string}[],
 *          onWidth: (pixels: number) => void, onPick: (revision: number|null, parameter: string) => void}} props
 */
export function Plot({ scale, head, handles, onWidth, onPick }) {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  const [drag, setDrag] = useState(null);
  const [hover, setHover] = useState(null);

  useLayoutEffect(() => {
    const measure = () => {
      const pixels = Math.floor(box.current.clientWidth);
      setWidth(pixels);
      onWidth(pixels);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const placeUnder = (event) => {
    const { left } = box.current.getBoundingClientRect();
    const place = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return place > 1 - SNAP / width ? 1 : place;
  };
  // A pick that would show what now shows is now.
  const pick = (place, parameter) => {
    const revision = revisionAt(scale, place);
    onPick(revision !== null && revision >= head ? null : revision, parameter);
  };
  const down = (event) => {
    if (event.button > 0) return;
    const place = placeUnder(event);
    const nearest = handles.reduce((best, handle) => (distance(handle) < distance(best) ? handle : best), handles[0]);
    function distance(handle) { return Math.abs(placeOf(scale, handle.revision) - place); }
    box.current.setPointerCapture(event.pointerId);
    setDrag({ parameter: nearest.parameter, place });
    pick(place, nearest.parameter);
  };
  const move = (event) => {
    const place = placeUnder(event);
    setHover(place);
    if (!drag) return;
    setDrag({ ...drag, place });
    pick(place, drag.parameter);
  };
  const up = () => setDrag(null);

  const places = handles.map((handle) => (drag?.parameter === handle.parameter ? drag.place : placeOf(scale, handle.revision)));
  const lit = places.length === 2 ? [Math.min(...places), Math.max(...places)] : [0, places[0]];
  return html`<div class=${`plot ${drag ? 'plot-dragged' : ''}`} ref=${box} onPointerDown=${down} onPointerMove=${move} onPointerUp=${up}
      onPointerCancel=${up} onPointerLeave=${() => setHover(null)}>
    ${width > 0 && html`
      <${Bars} scale=${scale} width=${width} lit=${lit} />
      <${Axis} scale=${scale} width=${width} />
      ${places.length === 2 && html`<div class="plot-range" style=${{ left: `${lit[0] * 100}%`, width: `${(lit[1] - lit[0]) * 100}%` }}></div>`}
      ${hover !== null && !drag && html`<${Hover} scale=${scale} place=${hover} />`}
      ${handles.map((handle, index) => html`<${Handle} key=${handle.parameter} handle=${handle} head=${head} place=${places[index]} onPick=${onPick} />`)}`}
  </div>`;
}

/** All bars are two paths: inside the lit part and outside of it. */
function Bars({ scale, width, lit }) {
  const paths = { lit: '', dim: '' };
  const each = width / scale.buckets.length;
  const gap = each > 3 ? 1 : 0;
  scale.buckets.forEach(({ changes }, index) => {
    if (!changes) return;
    // The square root keeps a single change visible next to a burst.
    const height = BAR_LEAST + (HEIGHT - BAR_LEAST) * Math.sqrt(changes / scale.highest);
    const middle = (index + 0.5) / scale.buckets.length;
    const side = middle >= lit[0] && middle <= lit[1] ? 'lit' : 'dim';
    paths[side] += `M${(index * each).toFixed(2)} ${HEIGHT}v${(-height).toFixed(2)}h${Math.max(each - gap, 1).toFixed(2)}v${height.toFixed(2)}z`;
  });
  return html`<svg class="plot-bars" viewBox=${`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    <path class="plot-dim" d=${paths.dim} /><path class="plot-lit" d=${paths.lit} />
  </svg>`;
}

function Axis({ scale, width }) {
  const ticks = ticksOf(scale, Math.floor(width / LABEL));
  const step = ticks.length > 1 ? ticks[1].time - ticks[0].time : scale.to - scale.from;
  return html`<div class="plot-axis" aria-hidden="true">
    ${ticks.filter(({ place }) => place * width > 24 && (1 - place) * width > 48)
      .map(({ time, place }) => html`<span key=${time} style=${{ left: `${place * 100}%` }}>${axisTime(time, step)}</span>`)}
  </div>`;
}

function Hover({ scale, place }) {
  const index = Math.min(scale.buckets.length - 1, Math.floor(place * scale.buckets.length));
  const bucket = scale.buckets[index];
  if (!bucket) return null;
  const side = place > 0.7 ? 'plot-hover-left' : '';
  return html`<div class=${`plot-hover ${side}`} style=${{ left: `${place * 100}%` }} aria-hidden="true">
    <span>${localTime(scale.from + (scale.to - scale.from) * place)}${bucket.changes ? ` · ${plural(bucket.changes, 'change')}` : ''}</span>
  </div>`;
}

function Handle({ handle: { label, revision, parameter, key }, head, place, onPick }) {
  const moment = useMoment(revision ?? head);
  const element = useRef(null);
  // Keys may repeat faster than the page renders, so the next step starts from the last one.
  const current = useRef(revision);
  useEffect(() => { current.current = revision; }, [revision]);
  const go = (next) => {
    current.current = next;
    onPick(next, parameter);
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    if (Object.hasOwn(steps, event.key)) go(stepFrom(current.current, steps[event.key], head));
    else if (event.key === 'Home') go(head > 0 ? 0 : null);
    else if (event.key === 'End') go(null);
    else return;
    event.preventDefault();
  };
  const isNow = revision === null;
  return html`<div ref=${element} class=${`handle ${isNow ? 'handle-now' : ''}`} style=${{ left: `${place * 100}%` }} role="slider" tabindex="0"
    aria-label=${label} aria-orientation="horizontal" aria-valuemin="0" aria-valuemax=${head} aria-valuenow=${revision ?? head}
    aria-valuetext=${valueText(revision, head, moment)} data-key=${key} onKeyDown=${onKeyDown} onPointerDown=${() => element.current.focus()}>
    <span class="handle-grip"></span>
  </div>`;
}

function valueText(revision, head, moment) {
  if (revision === 0 || head === 0) return 'revision 0, before the first change';
  const what = `revision ${revision ?? head}${moment ? `, ${localTime(moment.instant)}, by ${moment.actor}` : ''}`;
  return revision === null ? `now, ${what}` : what;
}
