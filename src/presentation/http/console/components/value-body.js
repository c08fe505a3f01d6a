// A value for reading: JSON indented and coloured, long values folded, very long ones as plain text.

import { plural } from '../format.js';
import { isJson, linesOf, parseJson } from '../json.js';
import { html, useEffect, useMemo, useRef, useState } from '../preact.js';
import { CopyButton } from './button.js';
import { bytesOf, size } from '../units.js';
import { Text } from './text.js';

/** Beyond this size a value is shown as plain text, with formatting off. */
export const FORMATTED_MAX = 256 * 1024;
const LINES_SHOWN = 60;
const LINES_PER_FRAME = 120;
/** A folded value without line breaks is cut here. */
const CHARACTERS_SHOWN = 8000;

/** @param {{value: string, contentType?: string, children?: unknown}} props the children go into the head */
export function ValueBody({ value, contentType, children }) {
  const bytes = useMemo(() => bytesOf(value), [value]);
  const formats = bytes <= FORMATTED_MAX;
  const json = useMemo(() => formats && isJson(value, contentType) && parseJson(value).ok, [value, contentType]);
  const [raw, setRaw] = useState(false);
  const [all, setAll] = useState(false);
  const lines = useMemo(() => (json && !raw ? linesOf(value) : null), [value, json, raw]);
  return html`<div class="panel">
    <div class="panel-head value-head">
      <span class="badge">${contentType || 'text/plain'}</span><span class="muted small">${size(bytes)}</span>
      ${json && html`<div class="segmented" role="group" aria-label="How to show the value">
        <button type="button" aria-pressed=${raw ? 'false' : 'true'} onClick=${() => setRaw(false)}>Formatted</button>
        <button type="button" aria-pressed=${raw ? 'true' : 'false'} onClick=${() => setRaw(true)}>As stored</button>
      </div>`}
      ${children}
      <${CopyButton} class="push" text=${value}>Copy value<//>
    </div>
    ${!formats && html`<p class="cut-note">This value is over 256 KiB: it is shown as plain text, formatting is off.</p>`}
    ${value === '' ? html`<p class="value-empty muted">The value is empty.</p>`
      : lines ? html`<${Lines} lines=${lines} all=${all} onAll=${() => setAll(true)} />`
      : html`<${Plain} value=${value} all=${all} onAll=${() => setAll(true)} />`}
  </div>`;
}

function Lines({ lines, all, onAll }) {
  const [grown, setGrown] = useState(LINES_SHOWN);
  // All lines of a long value come a few per frame, so that the page stays in use.
  useEffect(() => {
    if (!all || grown >= lines.length) return undefined;
    const frame = requestAnimationFrame(() => setGrown(grown + LINES_PER_FRAME));
    return () => cancelAnimationFrame(frame);
  }, [all, grown, lines]);
  const rendered = useRef({ lines, rows: [] });
  if (rendered.current.lines !== lines) rendered.current = { lines, rows: [] };
  const { rows } = rendered.current;
  const end = Math.min(all ? grown : LINES_SHOWN, lines.length);
  // A row that was rendered before is the same object, which the library skips.
  for (let index = rows.length; index < end; index++) rows.push(html`<${Line} key=${index} tokens=${lines[index]} />`);
  return html`<pre class="value-text value-numbered" tabindex="0" aria-label="Stored text">${rows.slice(0, end)}</pre>
    ${!all && html`<${More} shown=${end} total=${lines.length} what="line" onAll=${onAll} />`}`;
}

function Line({ tokens }) {
  return html`<span class="value-line">${tokens.map(({ type, text }) => (type === 'punctuation' ? html`<${Text}>${text}<//>` : html`<span class=${`json-${type}`}><${Text}>${text}<//></span>`))}${'\n'}</span>`;
}

function Plain({ value, all, onAll }) {
  const lines = useMemo(() => value.split('\n'), [value]);
  const byLine = lines.length > LINES_SHOWN;
  const folded = byLine ? lines.slice(0, LINES_SHOWN).join('\n') : value;
  const shown = all ? value : folded.slice(0, CHARACTERS_SHOWN);
  return html`<pre class="value-text" tabindex="0" aria-label="Stored text"><bdi><${Text}>${shown}<//></bdi></pre>
    ${shown.length < value.length && html`<${More} shown=${byLine ? shown.split('\n').length : shown.length} total=${byLine ? lines.length : value.length} what=${byLine ? 'line' : 'character'} onAll=${onAll} />`}`;
}

function More({ shown, total, what, onAll }) {
  if (shown >= total) return null;
  return html`<p class="cut-note">${shown} of ${plural(total, what)} shown. <button type="button" class="link" onClick=${onAll}>Show all</button></p>`;
}
