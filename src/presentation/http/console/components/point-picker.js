// One side of a comparison: its point, typed or picked on the time bar, and what happened there.

import { head } from '../live.js';
import { readPoint } from '../points.js';
import { html, useEffect, useState } from '../preact.js';
import { useStore } from '../store.js';
import { useMoment } from '../time.js';
import { Field } from './field.js';
import { Actor, Revision, Text, Time } from './text.js';

/**
 * @param {{label: string, side: string, point: string|undefined, revision: number|null, prefix?: string, folders?: string[],
 *          onPoint: (point: string|undefined) => void, onPrefix?: (prefix: string) => void}} props
 *   with `onPrefix` the side has a prefix of its own
 */
export function PointPicker({ label, side, point, revision, prefix, onPoint, onPrefix, children }) {
  const newest = useStore(head);
  return html`<div class="side" role="group" aria-label=${side}>
    <div class="side-row">
    ${onPrefix && html`<${Draft} label=${`${label} prefix`} value=${prefix} onChange=${onPrefix} list="compared-folders" placeholder="such as prod/" mono read=${(text) => ({ ok: true, value: text.trim() })} />`}
    <${Draft} label=${onPrefix ? `${label} point` : label} value=${point ?? ''} onChange=${onPoint} placeholder="now" mono
      read=${(text) => {
        const parsed = readPoint(text, newest);
        return parsed.ok ? { ok: true, value: parsed.point } : parsed;
      }} />${children}</div>
    <p class="side-moment"><${Moment} point=${point} revision=${point === undefined ? newest : revision} /></p>
  </div>`;
}

function Moment({ point, revision }) {
  const moment = useMoment(revision);
  if (point !== undefined && revision === null) return html`<span class="muted">Looking for this point …</span>`;
  if (revision === 0) return 'Before the first change: nothing is there.';
  return html`${point === undefined && html`<strong>Now</strong> · `}<${Revision}>${revision}<//>${moment && html` · <${Time} at=${moment.instant} exact /> by <${Actor}>${moment.actor}<//>${moment.reason && html`: <bdi><${Text}>${moment.reason}<//></bdi>`}`}`;
}

/** A field whose text counts when it is complete: on Enter, or when the field is left. */
export function Draft({ label, value, onChange, read, ...rest }) {
  const [text, setText] = useState(value);
  const [error, setError] = useState(null);
  useEffect(() => {
    setText(value);
    setError(null);
  }, [value]);
  const finish = () => {
    const result = read(text);
    setError(result.ok ? null : result.message);
    if (result.ok && (result.value ?? '') !== value) onChange(result.value);
  };
  return html`<${Field} label=${label} value=${text} onInput=${(next) => { setText(next); setError(null); }} error=${error} onBlur=${finish}
    onKeyDown=${(event) => { if (event.key === 'Enter') finish(); }} autocomplete="off" spellcheck=${false} ...${rest} />`;
}
