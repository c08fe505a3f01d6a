// The editor of a value: write, review, commit; and what to do when somebody else was faster.

import { announceChange, collect } from '../actions.js';
import { findItem, setItem } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Checkbox } from '../components/checkbox.js';
import { Field, ReasonField, Select } from '../components/field.js';
import { InlineError } from '../components/states.js';
import { ValueDiff } from '../components/value-diff.js';
import { configPath } from '../paths.js';
import { parseJson } from '../json.js';
import { draftOf, dropDraft, firstDraft, keepDraft } from '../drafts.js';
import { onChanges } from '../live.js';
import { useReasonRequired } from '../policy.js';
import { html, useEffect, useState } from '../preact.js';
import { Conflict } from './conflict.js';
import { useValueCheck, ValueCheck } from './value-check.js';

const TYPES = ['text/plain', 'application/json', 'application/yaml', 'application/toml'];

/** @param {{name: string, item: object|null, onDone: () => void}} props `item` is null for a new value */
export function Editor({ name, item, onDone }) {
  // The base is the item as the reader saw it first, however it changes meanwhile.
  const [draft, setDraft] = useState(() => draftOf(name) ?? firstDraft(item));
  const [newest, setNewest] = useState(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [theirs, setTheirs] = useState(undefined);
  const check = useValueCheck(name, draft.value, draft.type);
  const reasonRequired = useReasonRequired([name]);
  const { base, value, type, secret, reason, step } = draft;

  const update = (changes) => setDraft((previous) => {
    const next = { ...previous, ...changes };
    keepDraft(name, next);
    return next;
  });
  useEffect(() => onChanges((changes) => {
    const mine = changes.findLast((change) => change.events.some((event) => event.data.config_name === name));
    if (mine) setNewest(mine);
  }), [name]);
  const outdated = newest && newest.revision > (base?.revision ?? 0);

  const finish = () => {
    dropDraft(name);
    onDone();
  };
  const baseRevision = base?.revision ?? 0;
  const hidden = Boolean(base && (base.masked || base.value === null));
  const unchanged = !hidden && base && base.value === value && (base.content_type?.split(';')[0] ?? '') === type && Boolean(base.secret) === secret;
  const body = { value, contentType: type, secret: secret === Boolean(base?.secret) ? undefined : secret };

  const showConflict = async () => {
    setBusy(true);
    try {
      setTheirs((await findItem(name)).data);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const commit = async () => {
    setError(null);
    if (outdated) return showConflict();
    setBusy(true);
    try {
      const { revision } = await setItem(name, { ...body, reason: reason.trim(), ifMatch: baseRevision });
      announceChange(`Saved ${name}, as revision ${revision}.`, revision);
      finish();
    } catch (problem) {
      setBusy(false);
      if (problem.status === 412) showConflict();
      else setError(problem);
    }
  };
  const keepMine = () => {
    update({ base: theirs, step: 'review' });
    setTheirs(undefined);
    setNewest(null);
  };
  const review = (event) => {
    event.preventDefault();
    const fault = faultOf(draft);
    setError(fault);
    if (!fault) update({ step: 'review' });
  };
  const addToChangeSet = () => {
    collect({ name, kind: 'set', ...body, base: baseRevision, before: secret || hidden ? undefined : base?.value ?? null });
    finish();
  };

  if (theirs !== undefined) {
    return html`<${Conflict} name=${name} base=${base} theirs=${theirs} mine=${{ value, content_type: type }}
      onMine=${keepMine} onTheirs=${finish} />`;
  }
  if (step === 'review') {
    const after = { value, content_type: type };
    return html`<form class="panel editor" onSubmit=${(event) => { event.preventDefault(); commit(); }}>
      <div class="panel-head"><h2>Review</h2><span class="muted">${base ? `against revision ${baseRevision}` : 'a new value'}</span></div>
      <div class="editor-diff"><${ValueDiff} from=${base} to=${after} /></div>
      <div class="panel-body editor-fields">
        ${outdated && html`<${Outdated} change=${newest} />`}
        <${ReasonField} value=${reason} onInput=${(text) => update({ reason: text })} required=${reasonRequired} autofocus />
        <${InlineError} error=${error}>${error?.errors && html`<ul>${error.errors.map(({ pointer, detail }) => html`<li><code>${pointer || '/'}</code> ${detail}</li>`)}</ul>`}<//>
        <div class="actions">
          <${Button} type="submit" kind="primary" icon="check" busy=${busy} disabled=${busy || (reasonRequired && !reason.trim())}>Commit<//>
          <${Button} icon="tray" onClick=${addToChangeSet}>Add to change set<//>
          <${Button} onClick=${() => update({ step: 'write' })}>Back to editing<//>
          ${!secret && html`<${CopyAs} request=${{ method: 'PUT', path: configPath(name), body: { value, reason: reason || undefined, content_type: type || undefined }, headers: base ? { 'If-Match': `"${baseRevision}"` } : { 'If-None-Match': '*' } }}
            command=${['set', name, value]} options=${{ reason, ...(base ? { 'if-revision': baseRevision } : { create: true }) }} />`}
        </div>
      </div>
    </form>`;
  }
  return html`<form class="panel editor" onSubmit=${review}>
    <div class="panel-body editor-fields">
      ${outdated && html`<${Outdated} change=${newest} />`}
      <${Field} label="Value" multiline mono value=${value} onInput=${(text) => update({ value: text })} spellcheck=${false} autofocus
        rows=${Math.min(28, Math.max(6, value.split('\n').length + 1))} hint=${hidden ? 'The value is a secret. What you type replaces it.' : undefined} />
      <${ValueCheck} check=${check} onFormat=${(text) => update({ value: text })} value=${value} />
      <div class="editor-options">
        <${Select} label="Content type" value=${type} onChange=${(text) => update({ type: text })}
          options=${[...(type && !TYPES.includes(type) ? [[type, type]] : []), ...(base ? [] : [['', 'text/plain (default)']]), ...TYPES.map((each) => [each, each])]} />
        <${Checkbox} label="Secret" checked=${secret} onChange=${(on) => update({ secret: on })} />
      </div>
      <${ReasonField} value=${reason} onInput=${(text) => update({ reason: text })} required=${false} />
      <${InlineError} error=${error} />
      <div class="actions">
        <${Button} type="submit" kind="primary" icon="arrow" disabled=${unchanged}>Save<//>
        <${Button} icon="tray" disabled=${unchanged} onClick=${addToChangeSet}>Add to change set<//>
        <${Button} onClick=${finish}>Cancel<//>
        <span class="muted small">${unchanged ? 'Nothing is changed yet.' : 'Save shows the difference first; nothing is written yet.'}</span>
      </div>
    </div>
  </form>`;
}

/** Why the server would refuse the text under its content type, or null. */
function faultOf({ value, type }) {
  if (!/[/+]json\b/.test(type)) return null;
  const parsed = parseJson(value);
  return parsed.ok ? null : { title: 'This is not JSON', message: `line ${parsed.line}, column ${parsed.column}: ${parsed.message}. Correct it, or choose another content type.` };
}

function Outdated({ change }) {
  return html`<p class="banner banner-warn">${change.actor} has changed this value while you edit (revision ${change.revision}). Commit shows both sides.</p>`;
}
