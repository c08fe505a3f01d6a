// A file of values: dropped, chosen or pasted; then its plan; then one change, or edits of the change set.

import { announceChange } from '../actions.js';
import { listValues } from '../api.js';
import { commandOf } from '../curl.js';
import { count, plural } from '../format.js';
import { editsOf, entriesOf, formatOf, FORMATS, isForCommandLine, planOf, Unreadable } from '../importing.js';
import { hrefOf, navigate, withQuery } from '../navigation.js';
import { html, useEffect, useId, useMemo, useState } from '../preact.js';
import { touches, useResource } from '../resource.js';
import { changeSet } from '../tray.js';
import { Button, CopyButton } from './button.js';
import { Checkbox } from './checkbox.js';
import { CommitForm } from './commit-form.js';
import { DifferenceRow } from './difference-row.js';
import { ExpandableList } from './expandable-list.js';
import { Field } from './field.js';
import { Icon } from './icon.js';
import { announce, complain } from './notices.js';
import { Draft } from './point-picker.js';
import { Empty, Failure, Loading } from './states.js';
import { Name, Text } from './text.js';
import { useNarrow } from './use-narrow.js';

/** The server takes so many bytes in one transaction. */
const BYTES_MAX = 64 * 1024 * 1024;

/** @typedef {{name: string, text: string, format: 'json'|'dotenv'}} Source */

export function ImportPanel({ prefix }) {
  const [source, setSource] = useState(null);
  const [fault, setFault] = useState(null);
  const [result, setResult] = useState(null);
  const take = async (file) => {
    setResult(null);
    setFault(null);
    const format = formatOf(file.name);
    if (isForCommandLine(file.name)) return setFault({ commandLine: file.name });
    if (file.size > BYTES_MAX) return setFault({ text: `The file has ${count(file.size)} bytes, and one change takes ${count(BYTES_MAX)}: split it.` });
    const text = await file.text();
    setSource({ name: file.name, text, format: format ?? (/^\s*\{/.test(text) ? 'json' : 'dotenv') });
    return undefined;
  };
  const over = useDrop(take);
  const done = (revision, number) => {
    announceChange(`Imported ${plural(number, 'value')} as revision ${revision}.`, revision);
    setSource(null);
    setResult({ revision, number });
  };
  return html`
    <div class=${`panel import-source ${over ? 'import-over' : ''}`}>
      <div class="import-under"><${Draft} label="Under" value=${prefix} onChange=${(text) => withQuery({ prefix: text || undefined })} placeholder="the whole tree" mono read=${(text) => ({ ok: true, value: text.trim() })} />
        <p class="muted small">This is put before every name of the file, such as <code>prod/</code>.</p></div>
      ${source ? html`<${Chosen} source=${source} onFormat=${(format) => setSource({ ...source, format })} onForget=${() => setSource(null)} />`
        : html`<${DropZone} onFile=${take} onText=${(text) => take(new File([text], 'pasted text'))} />`}
      ${fault && html`<${Fault} fault=${fault} prefix=${prefix} />`}
    </div>
    ${source && html`<${Plan} source=${source} prefix=${prefix} onDone=${done} />`}
    ${result && html`<div class="panel"><${Empty} icon="check" title=${`Imported as revision ${result.revision}`}>
      <p>${plural(result.number, 'value')} written as one change, which can be undone as one.</p>
      <p><a href=${hrefOf('changes', { upto: result.revision, open: result.revision })}>See the change</a> · <a href=${hrefOf('browse', { prefix })}>Browse</a></p><//></div>`}`;
}

/** Takes files that are dropped anywhere on the page, so that a miss does not leave the console. */
function useDrop(take) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(event.type !== 'dragleave' || event.relatedTarget !== null);
    };
    const drop = (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      setOver(false);
      take(event.dataTransfer.files[0]);
    };
    const types = { dragenter: drag, dragover: drag, dragleave: drag, drop };
    for (const [type, listener] of Object.entries(types)) window.addEventListener(type, listener);
    return () => { for (const [type, listener] of Object.entries(types)) window.removeEventListener(type, listener); };
  }, []);
  return over;
}

function DropZone({ onFile, onText }) {
  const id = useId();
  const [pasted, setPasted] = useState(null);
  if (pasted !== null) {
    return html`<form class="import-paste" onSubmit=${(event) => { event.preventDefault(); onText(pasted); }}>
      <${Field} label="Values" multiline mono value=${pasted} onInput=${setPasted} rows="10" spellcheck=${false} autofocus hint="JSON, or lines of NAME=value." />
      <div class="actions"><${Button} type="submit" kind="primary" disabled=${!pasted.trim()}>Show the plan<//><${Button} kind="quiet" onClick=${() => setPasted(null)}>Cancel<//></div></form>`;
  }
  return html`<div class="import-zone">
    <span class="state-icon"><${Icon} name="upload" /></span>
    <p><strong>Drop a file here</strong></p>
    <p class="muted">JSON, flat or nested, or .env. You see the plan before anything is written.</p>
    <div class="actions">
      <label class="button button-primary" for=${id}>Choose a file</label>
      <input id=${id} class="visually-hidden" type="file" onChange=${(event) => { if (event.currentTarget.files[0]) onFile(event.currentTarget.files[0]); event.currentTarget.value = ''; }} />
      <${Button} onClick=${() => setPasted('')}>Paste text<//>
    </div></div>`;
}

function Chosen({ source, onFormat, onForget }) {
  return html`<div class="import-chosen"><${Icon} name="table" /><span class="import-file"><strong><${Text}>${source.name}<//></strong> <span class="muted">${plural(source.text.length, 'character')}</span></span>
    <div class="segmented" role="group" aria-label="Format">${FORMATS.map(([id, label]) => html`<button type="button" key=${id} aria-pressed=${source.format === id ? 'true' : 'false'} onClick=${() => onFormat(id)}>${label}</button>`)}</div>
    <${Button} kind="quiet" icon="close" onClick=${onForget}>Another file<//></div>`;
}

function Fault({ fault, prefix }) {
  if (!fault.commandLine) return html`<div class="inline-error" role="alert"><${Icon} name="alert" /><p>${fault.text}</p></div>`;
  const command = commandOf(['import', fault.commandLine], { prefix, server: location.origin });
  return html`<div class="inline-error" role="alert"><${Icon} name="alert" /><div><p><strong>The console reads JSON and .env only.</strong> The command line reads this file, too, and shows the same plan:</p>
    <p class="import-command"><code><${Text}>${command}<//></code> <${CopyButton} text=${command}>Copy<//></p></div></div>`;
}

function Plan({ source, prefix, onDone }) {
  const [prune, setPrune] = useState(false);
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState(new Set());
  const narrow = useNarrow();
  const read = useMemo(() => {
    try {
      return { entries: entriesOf(source.text, source.format).map((entry) => ({ ...entry, name: prefix + entry.name })) };
    } catch (error) {
      if (error instanceof Unreadable) return { fault: error.message };
      throw error;
    }
  }, [source, prefix]);
  const { entries } = read;
  const scope = prune || !entries?.length ? prefix : commonPrefix(entries[0].name, entries.at(-1).name);
  const there = useResource(async (signal) => (entries ? (await listValues({ prefix: scope, signal })).data : []), [scope, Boolean(entries)], { refreshOn: (changes) => touches(changes, scope) });
  const plan = useMemo(() => (entries && there.data ? planOf(entries, there.data, { prune }) : []), [entries, there.data, prune]);
  const edits = useMemo(() => editsOf(plan), [plan]);
  if (read.fault) return html`<div class="inline-error" role="alert"><${Icon} name="alert" /><p><strong>This file cannot be imported.</strong> ${read.fault}</p></div>`;
  if (there.error && !there.data) return html`<${Failure} error=${there.error} onRetry=${there.reload} />`;
  if (!there.data) return html`<${Loading} what="Making the plan" />`;
  const same = plan.length - edits.length;
  const shown = all ? plan : plan.filter(({ kind }) => kind !== 'same');
  const toggle = (name) => setOpen((previous) => {
    const next = new Set(previous);
    if (!next.delete(name)) next.add(name);
    return next;
  });
  const collect = () => {
    try {
      changeSet.addAll(edits);
    } catch (error) {
      return complain(error);
    }
    announce(`${plural(edits.length, 'edit')} in the change set.`);
    return navigate({ view: 'changeset', query: {} });
  };
  return html`<div class="tray">
    <section class="panel" aria-label="Plan">
      <div class="panel-head"><h2>Plan</h2><span class="muted">${summary(plan)}</span>
        <div class="actions push">${same > 0 && html`<${Checkbox} label=${`Show ${plural(same, 'equal value')}`} checked=${all} onChange=${setAll} />`}
        <${Checkbox} label="Delete what the file does not have" checked=${prune} onChange=${setPrune} /></div></div>
      ${shown.length === 0 ? html`<${Empty} icon="check" title=${plan.length ? 'There is nothing to do' : 'The file has no values'}>
          <p>${plan.length ? `${plural(same, 'value')} of the file ${same === 1 ? 'is' : 'are'} there already, exactly so.` : 'It was read without an error, and nothing is in it.'}</p><//>`
        : html`<${ExpandableList} label="Plan" items=${shown} keyOf=${({ name }) => name} rowHeight=${narrow ? 3.5 : 2.5} open=${open}
            renderRow=${(each) => html`<${DifferenceRow} difference=${each} open=${open.has(each.name)} onToggle=${() => toggle(each.name)} at=${{}} />`} />`}
      ${prune && html`<p class="cut-note">Everything under <${Name}>${prefix || 'the whole tree'}<//> that is not in the file will be deleted.</p>`}
    </section>
    ${edits.length > 0 && html`<${CommitForm} edits=${edits} label="Confirm" onRefused=${there.reload} onDone=${(revision) => onDone(revision, edits.length)}>
      <${Button} icon="tray" onClick=${collect}>Add to change set<//><//>`}
  </div>`;
}

function summary(plan) {
  const number = (kind) => plan.filter((each) => each.kind === kind).length;
  return `${count(number('added'))} to add, ${count(number('changed'))} to change, ${count(number('removed'))} to delete, ${count(number('same'))} the same`;
}

/** What all names of a sorted list begin with is what its first and its last one begin with. */
function commonPrefix(first, last) {
  let length = 0;
  while (length < first.length && first[length] === last[length]) length += 1;
  // Not the first half of a surrogate pair alone.
  return first.slice(0, /[\ud800-\udbff]/.test(first[length - 1] ?? '') ? length - 1 : length);
}
