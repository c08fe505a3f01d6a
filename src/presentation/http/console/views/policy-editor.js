// The policy while it is edited: write, review with its effects, commit; and the way on when another was faster.

import { getPolicy, putPolicy } from '../api.js';
import { editPolicy, policyDraft } from '../access-drafts.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { EntryConflict, itemOf } from '../components/entry-conflict.js';
import { Field, ReasonField } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { announce } from '../components/notices.js';
import { InlineError } from '../components/states.js';
import { ValueDiff } from '../components/value-diff.js';
import { effectsOf, formOf, readForm, textOf } from '../policy-form.js';
import { policyIsSet } from '../policy.js';
import { html, useState } from '../preact.js';

export function PolicyEditor({ draft, onDone }) {
  const { base, form, step, reason } = draft;
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const [theirs, setTheirs] = useState(null);
  const { policy, errors } = readForm(form);
  const update = (changes) => policyDraft.set((previous) => ({ ...previous, ...changes }));
  const change = (field) => (value) => update({ form: { ...form, [field]: value } });
  const unchanged = textOf(policy) === textOf(base.policy);
  const finish = () => {
    policyDraft.set(null);
    onDone();
  };
  const review = (event) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(errors).length === 0 && !unchanged) update({ step: 'review' });
  };
  const commit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { data, revision, etag } = await putPolicy(policy, { reason: reason.trim(), ifMatch: base.etag });
      policyIsSet(data);
      announce(`The policy is set, as revision ${revision}.`, { label: 'Undo', onClick: () => editPolicy({ base: { policy: data, etag }, form: formOf(base.policy), step: 'review' }) });
      finish();
    } catch (problem) {
      if (problem.status === 412) await showTheirs();
      else setError(problem);
    }
    setBusy(false);
  };
  const showTheirs = async () => {
    try {
      const { data, etag } = await getPolicy();
      setTheirs({ policy: data, etag });
    } catch (problem) {
      setError(problem);
    }
  };

  if (theirs) {
    return html`<${EntryConflict} what="The policy" base=${textOf(base.policy)} theirs=${textOf(theirs.policy)} mine=${textOf(policy)} onTheirs=${finish}
      onMine=${() => { update({ base: theirs, step: 'review' }); setTheirs(null); }} />`;
  }
  if (step === 'review') return html`<${Review} base=${base} policy=${policy} reason=${reason} busy=${busy} error=${error} unchanged=${unchanged} onReason=${(text) => update({ reason: text })} onCommit=${commit} onBack=${() => update({ step: 'write' })} />`;
  return html`<form class="panel" onSubmit=${review} noValidate aria-labelledby="policy">
    <div class="panel-head"><h2 id="policy">Policy</h2><span class="muted">nothing is written before the review</span></div>
    <div class="panel-body access-fields">
      <${Field} label="Secret names" multiline mono rows=${Math.max(4, form.patterns.split('\n').length + 1)} value=${form.patterns} onInput=${change('patterns')} spellcheck=${false} error=${errors.patterns}
        hint="One pattern a line. * matches within a segment; a pattern without / is for the last segment. Upper and lower case are the same." autofocus />
      <${Field} label="Reasons" multiline mono rows=${Math.max(3, form.reasons.split('\n').length + 1)} value=${form.reasons} onInput=${change('reasons')} spellcheck=${false} error=${errors.reasons}
        hint="One prefix a line; / is everything. A change under it needs a reason." />
      <${Protection} rows=${form.protect} onRows=${change('protect')} error=${tried ? errors.protect : undefined} />
      <${Field} label="Writes per second" value=${form.writes} onInput=${change('writes')} inputmode="numeric" error=${errors.writes} hint="For each token. Empty for no limit." placeholder="no limit" autocomplete="off" />
      <div class="actions"><${Button} type="submit" kind="primary" icon="arrow" disabled=${unchanged}>Save<//><${Button} onClick=${finish}>Cancel<//>
        <span class="muted small">${unchanged ? 'Nothing is changed yet.' : 'Save shows the difference first; nothing is written yet.'}</span></div>
    </div>
  </form>`;
}

function Protection({ rows, onRows, error }) {
  const change = (index, changes) => onRows(rows.map((row, at) => (at === index ? { ...row, ...changes } : row)));
  return html`<fieldset class="scope-form"><legend class="field-label">Protection</legend>
    ${rows.map((row, index) => html`<div key=${index} class="protect-row" role="group" aria-label=${`Protected prefix ${index + 1}`}>
      <${Field} label="Prefix" mono value=${row.prefix} onInput=${(prefix) => change(index, { prefix })} placeholder="such as prod" autocomplete="off" spellcheck=${false} />
      <${Field} label="Most names without confirmation" value=${row.most} onInput=${(most) => change(index, { most })} inputmode="numeric" autocomplete="off" />
      <${Button} kind="quiet" icon="trash" label=${`Remove protected prefix ${index + 1}`} onClick=${() => onRows(rows.filter((_, at) => at !== index))} />
    </div>`)}
    ${error && html`<p class="field-error" role="alert">${error}</p>`}
    <div class="toolbar"><${Button} icon="add" onClick=${() => onRows([...rows, { prefix: '', most: '10' }])}>Protect a prefix<//></div>
  </fieldset>`;
}

function Review({ base, policy, reason, busy, error, unchanged, onReason, onCommit, onBack }) {
  return html`<form class="panel" onSubmit=${onCommit} aria-labelledby="policy">
    <div class="panel-head"><h2 id="policy">Review</h2><span class="muted">the policy, for every server of this log</span></div>
    <ul class="effects">${effectsOf(base.policy, policy).map(({ text, loosens }) => html`<li class=${loosens ? 'effect-loosens' : ''}><${Icon} name=${loosens ? 'alert' : 'check'} /><span>${text}</span></li>`)}</ul>
    <div class="entry-diff"><${ValueDiff} from=${itemOf(textOf(base.policy))} to=${itemOf(textOf(policy))} /></div>
    <div class="panel-body access-fields">
      <${ReasonField} value=${reason} onInput=${onReason} autofocus />
      <${InlineError} error=${error} />
      <div class="actions"><${Button} type="submit" kind="primary" icon="check" busy=${busy} disabled=${busy || unchanged}>Commit<//><${Button} onClick=${onBack}>Back to editing<//>
        <${CopyAs} request=${{ method: 'PUT', path: '/v1/policy', body: policy, headers: { 'If-Match': base.etag, ...(reason.trim() ? { 'Config-Reason': encodeURIComponent(reason.trim()) } : {}) } }}
          command=${['policy', 'set', '-', '--yes']} options=${{ reason: reason.trim() }} input=${textOf(policy)} /></div>
    </div>
  </form>`;
}
