// A plan before it is carried out: what changes, why, and the button that does it.

import { explanationOf, InlineError, Loading } from './states.js';
import { plural } from '../format.js';
import { html, useState } from '../preact.js';
import { useConfirmation, useReasonRequired } from '../policy.js';
import { useResource } from '../resource.js';
import { Button } from './button.js';
import { ChangeList, summaryOf } from './change-list.js';
import { CopyAs } from './copy-as.js';
import { Dialog } from './dialog.js';
import { ReasonField } from './field.js';
import { Name } from './text.js';

/**
 * @param {{title: string, intro?: unknown, load: (signal: AbortSignal) => Promise<object[]>,
 *          carryOut: (reason: string, confirm: number|undefined) => Promise<object>, onDone: (result: object) => void,
 *          onClose: () => void, danger?: boolean, nothing?: string, copy?: (reason: string) => object, onCollect?: () => void}} props
 *   `load` makes the plan, in the form of a diff; `confirm` is the number that a protection asks for; `copy` has the properties of CopyAs;
 *   `onCollect` adds the plan to the change set instead
 */
export function PlanDialog({ title, intro, load, carryOut, onDone, onClose, danger = false, nothing, copy, onCollect }) {
  const plan = useResource(load, []);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const changes = plan.data ?? [];
  const names = changes.map(({ name }) => name);
  const required = useReasonRequired(names);
  const protection = useConfirmation(names);

  const confirm = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const result = await carryOut(reason.trim(), protection?.names);
      onClose();
      onDone(result);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };

  return html`<${Dialog} title=${title} wide onClose=${onClose}>
    <form class="plan" onSubmit=${confirm}>
      ${intro && html`<div class="plan-intro">${intro}</div>`}
      ${plan.loading && !plan.data && html`<${Loading} what="Making the plan" />`}
      ${plan.error && html`<${PlanError} error=${plan.error} />`}
      ${plan.data && !changes.length && html`<p class="plan-nothing">${nothing ?? 'There is nothing to do: everything is already so.'}</p>`}
      ${changes.length > 0 && html`
        <p class="plan-summary">${summaryOf(changes)}</p>
        <${ChangeList} changes=${changes} />
        <div class="plan-confirm">
          ${protection && html`<p class="banner banner-warn"><span>This alters <strong>${plural(protection.names, 'name')}</strong> under <${Name}>${protection.prefix}<//>, which is protected. Look at each of them before you confirm.</span></p>`}
          <${ReasonField} value=${reason} onInput=${setReason} required=${required} autofocus />
          ${error && html`<${PlanError} error=${error} />`}
          <div class="actions">
            <${Button} type="submit" kind=${danger ? 'danger' : 'primary'} busy=${busy} disabled=${busy || (required && !reason.trim())}>Confirm<//>
            ${onCollect && html`<${Button} icon="tray" onClick=${onCollect}>Add to change set<//>`}
            <${Button} onClick=${onClose}>Cancel<//>
            ${copy && html`<${CopyAs} ...${copy(reason.trim())} />`}
          </div>
        </div>`}
    </form>
  <//>`;
}

/** A refusal with the names that it is about. */
function PlanError({ error }) {
  if (!error.names?.length) return html`<${InlineError} error=${error} />`;
  const { title } = explanationOf(error);
  return html`<${InlineError} error=${error}>
    <ul class="plan-names" aria-label=${title}>
      ${error.names.slice(0, 50).map(({ name, current_revision: revision }) => html`<li><a href=${`#/history/${name.split('/').map(encodeURIComponent).join('/')}`}><${Name}>${name}<//></a> <span class="muted">now at revision ${revision}</span></li>`)}
      ${error.names.length > 50 && html`<li class="muted">50 of ${error.names.length} shown</li>`}
    </ul>
  <//>`;
}
