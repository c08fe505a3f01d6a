// A schema while it is edited: write, check the current values, review, commit.

import { checkSchema, getSchema, listSchemas, putSchema } from '../api.js';
import { editSchema, schemaDraft } from '../access-drafts.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { EntryConflict, itemOf } from '../components/entry-conflict.js';
import { Field, ReasonField } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { announce } from '../components/notices.js';
import { CheckResult } from '../components/schema-check.js';
import { InlineError, Loading } from '../components/states.js';
import { ValueDiff } from '../components/value-diff.js';
import { indented, parseJson } from '../json.js';
import { withQuery } from '../navigation.js';
import { schemaPath } from '../paths.js';
import { readPrefix, shownPrefix } from '../policy-form.js';
import { html, useState } from '../preact.js';
import { useResource } from '../resource.js';

/** @param {{draft: object, taken: string[], onDone: () => void}} props `taken`: prefixes that have a schema */
export function SchemaEditor({ draft, taken, onDone }) {
  const { base, text, step, reason, isNew } = draft;
  const prefix = readPrefix(draft.prefix);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [theirs, setTheirs] = useState(undefined);
  const [check, setCheck] = useState(null);
  const update = (changes) => schemaDraft.set((previous) => ({ ...previous, ...changes }));
  const parsed = parseJson(text);
  const isSchema = parsed.ok && (typeof parsed.value === 'boolean' || (typeof parsed.value === 'object' && parsed.value !== null && !Array.isArray(parsed.value)));
  const wrong = !parsed.ok ? `Line ${parsed.line}, column ${parsed.column}: ${parsed.message}` : isSchema ? null : 'A schema is an object, true or false';
  const prefixError = isNew && taken.includes(prefix) ? 'this prefix has a schema already: edit that one' : /^\/./.test(draft.prefix.trim()) ? 'a prefix does not begin with /' : null;
  const unchanged = base?.text === text;
  const leave = (schema) => {
    schemaDraft.set(null);
    withQuery({ schema }, { replace: true });
    onDone();
  };
  const runCheck = async () => {
    setBusy(true);
    setError(null);
    setCheck(null);
    try {
      setCheck((await checkSchema(prefix, text)).data);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const commit = async () => {
    setBusy(true);
    setError(null);
    try {
      const { revision } = await putSchema(prefix, text, { reason: reason.trim(), ifMatch: base ? base.etag : 0 });
      announce(`The schema of ${shownPrefix(prefix)} is set, as revision ${revision}.`, base ? { label: 'Undo', onClick: () => undo(prefix, base.text) } : undefined);
      leave(shownPrefix(prefix));
    } catch (problem) {
      if (problem.status === 412) await showTheirs();
      else setError(problem);
      setBusy(false);
    }
  };
  const showTheirs = async () => {
    try {
      setTheirs(await currentOf(prefix));
    } catch (problem) {
      setError(problem);
    }
  };

  if (theirs !== undefined) {
    return html`<${EntryConflict} what=${`The schema of ${shownPrefix(prefix)}`} base=${base?.text ?? null} theirs=${theirs?.text ?? null} mine=${text}
      onTheirs=${() => leave(shownPrefix(prefix))} onMine=${() => { update({ base: theirs, isNew: false, step: 'review' }); setTheirs(undefined); }} />`;
  }
  if (step === 'review') {
    return html`<${Review} prefix=${prefix} base=${base} text=${text} reason=${reason} busy=${busy} error=${error} onReason=${(value) => update({ reason: value })}
      onCommit=${commit} onBack=${() => update({ step: 'write' })} />`;
  }
  return html`<form class="panel" noValidate aria-labelledby="schema" onSubmit=${(event) => { event.preventDefault(); if (!wrong && !prefixError && !unchanged) { setError(null); update({ step: 'review' }); } }}>
    <div class="panel-head"><h2 id="schema">${isNew ? 'New schema' : html`Schema of <bdi class="mono">${shownPrefix(prefix)}</bdi>`}</h2><span class="muted">JSON Schema 2020-12</span></div>
    <div class="panel-body access-fields">
      ${isNew && html`<${Field} label="Prefix" mono value=${draft.prefix} onInput=${(value) => { update({ prefix: value }); setCheck(null); }} error=${prefixError ?? undefined} autofocus autocomplete="off" spellcheck=${false}
        placeholder="such as prod/checkout/limits" hint="The values at and below it have to match. Empty or / is everything." />`}
      <div><${Field} label="Schema" multiline mono rows=${Math.min(30, Math.max(10, text.split('\n').length + 1))} value=${text} onInput=${(value) => { update({ text: value }); setCheck(null); }} spellcheck=${false} autofocus=${!isNew} error=${wrong ?? undefined} />
        ${!wrong && html`<p class="schema-valid"><span class="check-good"><${Icon} name="check" />Valid JSON</span><${Button} kind="quiet" onClick=${() => update({ text: indented(text) })}>Format<//></p>`}</div>
      <${InlineError} error=${error} />
      ${check && html`<${CheckResult} result=${check} />`}
      <div class="actions"><${Button} type="submit" kind="primary" icon="arrow" disabled=${Boolean(wrong) || Boolean(prefixError) || unchanged || busy}>Save<//>
        <${Button} busy=${busy} disabled=${Boolean(wrong) || Boolean(prefixError) || busy} onClick=${runCheck}>Check current values<//>
        <${Button} onClick=${() => leave(base ? shownPrefix(prefix) : undefined)}>Cancel<//>
        <span class="muted small">${unchanged ? 'Nothing is changed yet.' : 'Save checks the current values and shows the difference; nothing is written yet.'}</span></div>
    </div>
  </form>`;
}

function Review({ prefix, base, text, reason, busy, error, onReason, onCommit, onBack }) {
  const check = useResource(async (signal) => (await checkSchema(prefix, text, { signal })).data, [prefix, text]);
  const shown = shownPrefix(prefix);
  const reasonHeader = reason.trim() ? { 'Config-Reason': encodeURIComponent(reason.trim()) } : {};
  const misses = check.data?.violations.length > 0;
  return html`<form class="panel" aria-labelledby="schema" onSubmit=${(event) => { event.preventDefault(); onCommit(); }}>
    <div class="panel-head"><h2 id="schema">Review</h2><span class="muted">${base ? 'the schema of' : 'a new schema for'} <bdi class="mono">${shown}</bdi></span></div>
    <div class="entry-diff"><${ValueDiff} from=${itemOf(base?.text ?? null)} to=${itemOf(text)} /></div>
    <div class="panel-body access-fields">
      ${check.loading && !check.data && html`<${Loading} what="Checking the current values" />`}
      ${check.error && html`<${InlineError} error=${check.error} />`}
      ${check.data && html`<${CheckResult} result=${check.data} />`}
      <${ReasonField} value=${reason} onInput=${onReason} autofocus />
      <${InlineError} error=${error} />
      <div class="actions"><${Button} type="submit" kind="primary" icon="check" busy=${busy} disabled=${busy || !check.data}>Commit<//><${Button} onClick=${onBack}>Back to editing<//>
        <${CopyAs} request=${{ method: 'PUT', path: schemaPath(prefix), body: parseJson(text).value, headers: { ...(base ? { 'If-Match': base.etag } : { 'If-None-Match': '*' }), ...reasonHeader } }}
          command=${['schema', 'set', prefix, '-']} options=${{ reason: reason.trim(), force: misses }} input=${text} /></div>
    </div>
  </form>`;
}

/** The schema that a prefix has now, or null: found in the list, so that an absent one is no error. */
async function currentOf(prefix) {
  const { data } = await listSchemas();
  if (!data.some((entry) => entry.prefix === prefix)) return null;
  const { data: text, etag } = await getSchema(prefix);
  return { text, etag };
}

async function undo(prefix, text) {
  editSchema({ prefix, base: await currentOf(prefix), text, step: 'review' });
}
