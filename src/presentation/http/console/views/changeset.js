// The change set: edits from anywhere as one difference, with one reason, written as one change.

import { announceChange } from '../actions.js';
import { transact } from '../api.js';
import { Button, LinkButton } from '../components/button.js';
import { summaryOf } from '../components/change-list.js';
import { CopyAs } from '../components/copy-as.js';
import { EditRow } from '../components/edit-row.js';
import { ExpandableList } from '../components/expandable-list.js';
import { Checkbox } from '../components/checkbox.js';
import { ReasonField } from '../components/field.js';
import { announce, complain } from '../components/notices.js';
import { Empty, InlineError } from '../components/states.js';
import { Name } from '../components/text.js';
import { useNarrow } from '../components/use-narrow.js';
import { desiredValues, differenceOf, isSecret, keepMine, staleOf } from '../edits.js';
import { count, plural } from '../format.js';
import { useNames } from '../names.js';
import { hrefOf } from '../navigation.js';
import { useConfirmation, useReasonRequired } from '../policy.js';
import { html, useEffect, useMemo, useState } from '../preact.js';
import { changeSet, useChangeSet } from '../tray.js';

/** The server takes so many operations in one transaction. */
const OPERATIONS_MAX = 10_000;
const OPEN_MAX = 8;

export function View() {
  const edits = useChangeSet();
  const [done, setDone] = useState(null);
  useEffect(() => { if (edits.length) setDone(null); }, [edits.length]);
  if (edits.length === 0) return html`<div class="page"><div class="page-head"><h1>Change set</h1></div>${done ? html`<${Done} revision=${done} />` : html`<${Nothing} />`}</div>`;
  return html`<${Tray} edits=${edits} onDone=${setDone} />`;
}

function Tray({ edits, onDone }) {
  const names = useNames();
  const [refusal, setRefusal] = useState({ edits: null, failed: new Map(), errors: [] });
  // What the server refused is about the edits that were sent, not about those that were made since.
  const refused = refusal.edits === edits;
  const stale = useMemo(() => (names.complete ? staleOf(edits, names.items) : new Map()), [edits, names]);
  const conflicts = useMemo(() => new Map([...stale, ...(refused ? refusal.failed : [])]), [stale, refusal, refused]);
  const violations = useMemo(() => (refused ? grouped(refusal.errors) : new Map()), [refusal, refused]);
  const [open, setOpen] = useState(() => new Set(edits.length <= OPEN_MAX ? edits.map(({ name }) => name) : []));
  const narrow = useNarrow();
  const wanting = [...conflicts.keys(), ...violations.keys()];
  useEffect(() => {
    if (wanting.length) setOpen((previous) => new Set([...previous, ...wanting.slice(0, OPEN_MAX)]));
  }, [wanting.join('\n')]);
  const toggle = (name) => setOpen((previous) => {
    const next = new Set(previous);
    if (!next.delete(name)) next.add(name);
    return next;
  });
  const remove = (edit, text) => {
    changeSet.remove(edit.name);
    announce(text, { label: 'Undo', onClick: () => changeSet.addAll([edit]) });
  };
  const settle = (edit, theirs) => {
    const next = keepMine(edit, theirs);
    if (next) changeSet.replace(next);
    else remove(edit, `${edit.name} is deleted already; your edit is dropped.`);
  };
  const row = (edit) => html`<${EditRow} edit=${edit} open=${open.has(edit.name)} onToggle=${() => toggle(edit.name)} conflict=${conflicts.get(edit.name)}
    violations=${violations.get(edit.name) ?? []} onEdit=${(next) => changeSet.replace(next)} onRemove=${() => remove(edit, `${edit.name} is out of the change set.`)}
    onKeepMine=${(theirs) => settle(edit, theirs)} onTakeTheirs=${() => remove(edit, `Their value of ${edit.name} stays.`)} />`;
  return html`<div class="page page-changeset">
    <div class="page-head"><h1>Change set</h1><span class="muted">${plural(edits.length, 'edit')}, written together or not at all</span>
      <div class="actions push"><${Button} kind="quiet" icon="trash" onClick=${() => discard(edits)}>Discard all<//></div></div>
    <div class="tray">
      <section class="panel" aria-label="Edits"><${ExpandableList} label="Edits" items=${edits} keyOf=${({ name }) => name} rowHeight=${narrow ? 3.5 : 2.5} open=${open} renderRow=${row} /></section>
      <${CommitForm} edits=${edits} conflicts=${conflicts} onRefused=${setRefusal} onDone=${onDone} />
    </div>
  </div>`;
}

function grouped(errors) {
  const groups = new Map();
  for (const error of errors) groups.set(error.name, [...(groups.get(error.name) ?? []), error]);
  return groups;
}

function discard(edits) {
  changeSet.clear();
  announce(`${plural(edits.length, 'edit')} discarded.`, { label: 'Undo', onClick: () => changeSet.addAll(edits) });
}

/** What will be written, why, and what the policy asks. */
function CommitForm({ edits, conflicts, onRefused, onDone }) {
  const [reason, setReason] = useState('');
  const [agreed, setAgreed] = useState(0);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState({ edits: null, error: null });
  const error = failure.edits === edits ? failure.error : null;
  const altered = useMemo(() => edits.map(differenceOf).filter(({ kind }) => kind !== 'same'), [edits]);
  const names = edits.map(({ name }) => name);
  const required = useReasonRequired(names) || error?.kind === 'reason-required';
  const expected = useConfirmation(altered.map(({ name }) => name));
  // The server counts in the end: it also knows what this page may not see.
  const protection = error?.kind === 'confirmation-required' ? { prefix: error.prefix, names: error.names_altered, limit: error.limit } : expected;
  const tooMany = edits.length > OPERATIONS_MAX;
  const blocked = conflicts.size > 0 || tooMany || (required && !reason.trim()) || (protection && agreed !== protection.names);

  const commit = async (event) => {
    event.preventDefault();
    if (blocked) return;
    setBusy(true);
    setFailure({ edits: null, error: null });
    try {
      const { data } = await transact({ operations: changeSet.operations(), reason: reason.trim(), confirm: protection?.names });
      changeSet.clear();
      announceChange(`Committed ${plural(edits.length, 'edit')} as revision ${data.revision}.`, data.revision);
      onDone(data.revision);
    } catch (problem) {
      setBusy(false);
      setFailure({ edits, error: problem });
      onRefused({ edits, failed: new Map((problem.failed ?? []).map((each) => [each.name, each.current_revision])), errors: problem.errors ?? [] });
    }
  };

  return html`<form class="panel commit" aria-label="Commit" onSubmit=${commit}>
    <div class="panel-body">
      <p class="plan-summary">${summaryOf(altered)}</p>
      ${altered.length < edits.length && html`<p class="muted small">${plural(edits.length - altered.length, 'edit')} would write what is there already.</p>`}
      <${ReasonField} value=${reason} onInput=${setReason} required=${required} error=${error?.kind === 'reason-required' ? error.message : undefined} />
      ${protection && html`<div class="banner banner-warn commit-protected"><p>${plural(protection.names, 'name')} under <${Name}>${protection.prefix}<//>, which is protected: more than ${count(protection.limit)} need your confirmation.</p>
        <${Checkbox} label=${`Change ${plural(protection.names, 'protected name')}`} checked=${agreed === protection.names} onChange=${(on) => setAgreed(on ? protection.names : 0)} /></div>`}
      ${conflicts.size > 0 && html`<p class="banner banner-warn">${plural(conflicts.size, 'name')} changed since you edited ${conflicts.size === 1 ? 'it' : 'them'}: choose for each whether to keep yours or to take theirs.</p>`}
      ${tooMany && html`<p class="banner banner-warn">One change holds at most ${count(OPERATIONS_MAX)} names. Remove ${count(edits.length - OPERATIONS_MAX)}, and commit them after this.</p>`}
      ${error && !isShownElsewhere(error, conflicts) && html`<${InlineError} error=${error} />`}
      <${Button} type="submit" kind="primary" icon="check" busy=${busy} disabled=${busy || blocked}>Commit<//>
      <${Commands} edits=${edits} reason=${reason.trim()} confirm=${protection?.names} />
    </div>
  </form>`;
}

// The rows show conflicts and the form shows what the policy wants, each with its way on.
function isShownElsewhere(error, conflicts) {
  return (error.failed && conflicts.size > 0) || error.kind === 'reason-required' || error.kind === 'confirmation-required';
}

function Commands({ edits, reason, confirm }) {
  if (edits.some(isSecret)) return html`<p class="muted small">There is no command to copy, because it would hold the text of a secret.</p>`;
  const deletes = edits.every(({ kind }) => kind === 'delete');
  const input = deletes ? undefined : desiredValues(edits) ?? undefined;
  const command = deletes ? ['delete', ...edits.map(({ name }) => name)] : input ? ['apply', '/dev/stdin'] : undefined;
  return html`<${CopyAs} command=${command} options=${{ format: input ? 'json' : undefined, reason }} input=${input}
    request=${{ method: 'POST', path: '/v1/transactions', body: { operations: changeSet.operations(), reason: reason || undefined }, headers: confirm ? { 'Config-Confirm': String(confirm) } : {} }} />`;
}

function Nothing() {
  return html`<div class="panel"><${Empty} icon="tray" title="The change set is empty">
    <p>Collect edits that belong together, look at them as one difference, and write them as one change: all of them, or none.</p>
    <p>Put an edit here with <strong>Add to change set</strong>:</p>
    <div class="state-actions"><${LinkButton} icon="edit" href="#/">From a value<//><${LinkButton} icon="compare" href="#/diff">From a comparison<//><${LinkButton} icon="upload" href="#/import">From a file<//></div><//></div>`;
}

function Done({ revision }) {
  return html`<div class="panel"><${Empty} icon="check" title=${`Committed as revision ${revision}`}>
    <p>All edits were written as one change. It can be undone as one, too.</p>
    <div class="state-actions"><${LinkButton} href=${hrefOf('changes', { upto: revision, open: revision })}>See the change<//><${LinkButton} href="#/">Go to browse<//></div><//></div>`;
}
