// The values of a prefix at a point as a file to download.

import { listValues } from '../api.js';
import { exportOf, EXPORTS, fileNameOf, Unfit } from '../exporting.js';
import { count, plural } from '../format.js';
import { bytesOf, size } from '../units.js';
import { head } from '../live.js';
import { withQuery } from '../navigation.js';
import { readPoint } from '../points.js';
import { html, useEffect, useMemo, useState } from '../preact.js';
import { touches, useResource } from '../resource.js';
import { useStore } from '../store.js';
import { CopyButton, LinkButton } from './button.js';
import { CopyAs } from './copy-as.js';
import { Icon } from './icon.js';
import { Draft } from './point-picker.js';
import { Empty, Failure, Loading } from './states.js';
import { Name, Revision, Text } from './text.js';

const LINES_MAX = 40;
const LINE_LENGTH_MAX = 500;
const NAMES_MAX = 20;

export function ExportPanel({ prefix, at, format = 'json' }) {
  const newest = useStore(head);
  const chosen = EXPORTS.find(({ id }) => id === format) ?? EXPORTS[0];
  const list = useResource((signal) => listValues({ prefix, at, signal }), [prefix, at], { refreshOn: (changes) => at === undefined && touches(changes, prefix) });
  const put = (change) => withQuery(change, { replace: true });
  return html`
    <div class="panel export-what">
      <${Draft} label="Under" value=${prefix} onChange=${(text) => put({ prefix: text || undefined })} placeholder="everything" mono read=${(text) => ({ ok: true, value: text.trim() })} />
      <${Draft} label="Point" value=${at ?? ''} onChange=${(point) => put({ at: point })} placeholder="now" mono read=${(text) => {
        const parsed = readPoint(text, newest);
        return parsed.ok ? { ok: true, value: parsed.point } : parsed;
      }} />
      <div class="field"><span class="field-label" id="export-format">Format</span><div><div class="segmented" role="group" aria-labelledby="export-format">
        ${EXPORTS.map(({ id, label }) => html`<button type="button" key=${id} aria-pressed=${chosen.id === id ? 'true' : 'false'} onClick=${() => put({ to: id })}>${label}</button>`)}</div></div></div>
    </div>
    ${list.error && !list.data ? html`<${Failure} error=${list.error} onRetry=${list.reload} />`
      : !list.data ? html`<${Loading} what="Loading the values" />`
      : list.data.data.length === 0 ? html`<div class="panel"><${Empty} icon="folder" title="Nothing to export"><p>No name begins with this prefix${at ? ' at this point' : ''}.</p><//></div>`
      : html`<${Result} items=${list.data.data} revision=${list.data.revision} prefix=${prefix} at=${at} chosen=${chosen} />`}`;
}

function Result({ items, revision, prefix, at, chosen }) {
  const result = useMemo(() => {
    try {
      return exportOf(items, prefix, chosen.id);
    } catch (error) {
      if (error instanceof Unfit) return { fault: error.message };
      throw error;
    }
  }, [items, prefix, chosen]);
  const copy = html`<${CopyAs} request=${{ path: '/v1/config', query: { prefix, at } }} command=${prefix ? ['export', prefix] : ['export']} options=${{ to: chosen.command, at }} />`;
  if (result.fault) {
    return html`<div class="inline-error" role="alert"><${Icon} name="alert" /><p><strong>This does not fit into ${chosen.label}.</strong> ${result.fault}</p></div><footer class="page-foot">${copy}</footer>`;
  }
  const { text, written, left, notes } = result;
  return html`<section class="panel" aria-label="The file">
    <div class="panel-head"><h2>${plural(written, 'value')}</h2><span class="muted">at <${Revision}>${revision}<//>, ${size(bytesOf(text))}</span>
      <div class="actions push"><${CopyButton} kind="" text=${text}>Copy the text<//><${Download} text=${text} name=${fileNameOf(prefix, revision, chosen.file)} /></div></div>
    ${left.length > 0 && html`<div class="banner banner-warn export-left"><p><strong>${plural(left.length, 'secret')} left out</strong>, because the text is not shown here:</p>
      <p>${left.slice(0, NAMES_MAX).map((name, index) => html`${index > 0 && ', '}<${Name}>${name}<//>`)}${left.length > NAMES_MAX && ` and ${count(left.length - NAMES_MAX)} more`}</p></div>`}
    ${notes.map((note) => html`<p class="cut-note" key=${note}>${note}</p>`)}
    <${Preview} text=${text} />
  </section><footer class="page-foot">${copy}</footer>`;
}

/** The beginning of the file. */
function Preview({ text }) {
  const lines = text.split('\n', LINES_MAX + 1);
  const total = text.split('\n').length - 1;
  const long = lines.some((line) => line.length > LINE_LENGTH_MAX);
  const shown = lines.slice(0, LINES_MAX).map((line) => (line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}…` : line)).join('\n');
  return html`<pre class="export-preview mono" tabindex="0" aria-label="The beginning of the file"><${Text}>${shown}<//></pre>
    ${(total > LINES_MAX || long) && html`<p class="cut-note">${total > LINES_MAX ? `${LINES_MAX} of ${plural(total, 'line')} shown. ` : ''}${long ? 'Long lines are cut here. ' : ''}The file has all of it.</p>`}`;
}

function Download({ text, name }) {
  const [href, setHref] = useState(null);
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
    setHref(address);
    return () => URL.revokeObjectURL(address);
  }, [text]);
  return href && html`<${LinkButton} kind="primary" icon="download" href=${href} download=${name}>Download<//>`;
}
