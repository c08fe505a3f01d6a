// What will be written as one change: its size, its reason, what the policy asks, and the button that writes it.

import { transact } from '../api.js';
import { operationOf } from '../changeset.js';
import { desiredValues, differenceOf, isSecret } from '../edits.js';
import { count, plural } from '../format.js';
import { useConfirmation, useReasonRequired } from '../policy.js';
import { html, useMemo, useState } from '../preact.js';
import { stylesheet } from '../styles.js';
import { Button } from './button.js';
import { summaryOf } from './change-list.js';
import { Checkbox } from './checkbox.js';
import { CopyAs } from './copy-as.js';
import { ReasonField } from './field.js';
import { InlineError } from './states.js';
import { Name } from './text.js';

await stylesheet('css/changeset.css');

/** The server takes so many operations in one transaction. */
const OPERATIONS_MAX = 10_000;
const NONE = new Map();

/**
 * @param {{edits: import('../changeset.js').Edit[], conflicts?: Map<string, number>, label: string,
 *          onDone: (revision: number) => void, onRefused?: (refusal: object) => void, children?: unknown}} props
 *   `conflicts`: names that must be settled first; `onRefused` gets the names that the server refused
 */
export function CommitForm({ edits, conflicts = NONE, label, onRefused, onDone, children }) {
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
      const { data } = await transact({ operations: edits.map(operationOf), reason: reason.trim(), confirm: protection?.names });
      onDone(data.revision);
    } catch (problem) {
      setBusy(false);
      setFailure({ edits, error: problem });
      onRefused?.({ edits, failed: problem.failed ?? [], errors: problem.errors ?? [] });
    }
  };

  return html`<form class="panel commit" aria-label=${label} onSubmit=${commit}>
    <div class="panel-body">
      <p class="plan-summary">${summaryOf(altered)}</p>
      ${altered.length < edits.length && html`<p class="muted small">${plural(edits.length - altered.length, 'edit')} would write what is there already.</p>`}
      <${ReasonField} value=${reason} onInput=${setReason} required=${required} error=${error?.kind === 'reason-required' ? error.message : undefined} />
      ${protection && html`<div class="banner banner-warn commit-protected"><p>${plural(protection.names, 'name')} under <${Name}>${protection.prefix}<//>, which is protected: more than ${count(protection.limit)} need your confirmation.</p>
        <${Checkbox} label=${`Change ${plural(protection.names, 'protected name')}`} checked=${agreed === protection.names} onChange=${(on) => setAgreed(on ? protection.names : 0)} /></div>`}
      ${conflicts.size > 0 && html`<p class="banner banner-warn">${plural(conflicts.size, 'name')} changed since you edited ${conflicts.size === 1 ? 'it' : 'them'}: choose for each whether to keep yours or to take theirs.</p>`}
      ${tooMany && html`<p class="banner banner-warn">One change holds at most ${count(OPERATIONS_MAX)} names. These are ${count(edits.length)}: write them in parts.</p>`}
      ${error?.errors && html`<div class="inline-error" role="alert"><p><strong>${plural(new Set(error.errors.map(({ name }) => name)).size, 'value')} refused by a schema.</strong> Nothing was written. The edits say why.</p></div>`}
      ${error && !isShownElsewhere(error, conflicts) && html`<${InlineError} error=${error}>${edits[error.index] && html` It is about <${Name}>${edits[error.index].name}<//>.`}<//>`}
      <${Button} type="submit" kind="primary" icon="check" busy=${busy} disabled=${busy || blocked}>${label}<//>
      ${children}
      <${Commands} edits=${edits} reason=${reason.trim()} confirm=${protection?.names} />
    </div>
  </form>`;
}

// The rows show conflicts and the form shows what the policy wants, each with its way on.
function isShownElsewhere(error, conflicts) {
  return (error.failed && conflicts.size > 0) || error.errors || error.kind === 'reason-required' || error.kind === 'confirmation-required';
}

function Commands({ edits, reason, confirm }) {
  if (edits.some(isSecret)) return html`<p class="muted small">A command to copy would hold the text of a secret, so none is offered.</p>`;
  const deletes = edits.every(({ kind }) => kind === 'delete');
  const input = deletes ? undefined : desiredValues(edits) ?? undefined;
  const command = deletes ? ['delete', ...edits.map(({ name }) => name)] : input ? ['apply', '/dev/stdin'] : undefined;
  return html`<${CopyAs} command=${command} options=${{ format: input ? 'json' : undefined, reason }} input=${input}
    request=${{ method: 'POST', path: '/v1/transactions', body: { operations: edits.map(operationOf), reason: reason || undefined }, headers: confirm ? { 'Config-Confirm': String(confirm) } : {} }} />`;
}
