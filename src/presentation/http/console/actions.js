// The actions that several views offer: each shows its plan, does it as one change, and offers to undo it.

import * as api from './api.js';
import { announce } from './components/notices.js';
import { PlanDialog } from './components/plan-dialog.js';
import { Name, Time } from './components/text.js';
import { configPath } from './paths.js';
import { openDialog } from './dialogs.js';
import { plural } from './format.js';
import { navigate } from './navigation.js';
import { html } from './preact.js';
import { useMoment } from './time.js';
import { changeSet } from './tray.js';

/** Announces a change that was made, with the way back. */
export function announceChange(text, revision) {
  announce(text, revision ? { label: 'Undo', onClick: () => planUndo(revision) } : undefined);
}

/**
 * Restores a prefix, one name, or everything to a point.
 * @param {{to: string|number, prefix?: string, name?: string, onDone?: (result: object) => void}} what
 */
export function planRestore({ to, prefix, name, onDone }) {
  const what = name ?? prefix;
  openDialog((close) => html`<${PlanDialog}
    title=${name ? 'Restore this version' : 'Restore to here'}
    intro=${html`<p>${what ? html`<${Name}>${what}<//>` : 'Everything'} becomes what it was at <${Point} at=${to} />, as one change that can itself be undone.</p>`}
    nothing=${`${what || 'Everything'} is already as it was at ${pointText(to)}.`}
    load=${async () => (await api.restore({ to, prefix, name, dryRun: true })).data.changes}
    carryOut=${(reason, confirm) => api.restore({ to, prefix, name, reason, confirm })}
    copy=${(reason) => ({
      request: { method: 'POST', path: '/v1/restore', body: { to: Number(to) || to, prefix: prefix || undefined, name, reason: reason || undefined } },
      command: name ? ['restore', name] : ['restore'],
      options: { to, prefix: name ? undefined : prefix || undefined, reason },
    })}
    onClose=${close}
    onDone=${({ data }) => {
      announceChange(`Restored ${plural(data.changes.length, 'value')}${what ? ` of ${what}` : ''} to ${pointText(to)}, as revision ${data.revision}.`, data.revision);
      onDone?.(data);
    }} />`);
}

/** Undoes one change and keeps every later one. */
export function planRevert({ revision, title = 'Revert this change', onDone }) {
  openDialog((close) => html`<${PlanDialog}
    title=${title}
    intro=${html`<p>Every name that revision <strong>${revision}</strong> changed gets back the value that it had before. Later changes of other names stay.</p>`}
    load=${async () => (await api.revert({ revision, dryRun: true })).data.changes}
    carryOut=${(reason, confirm) => api.revert({ revision, reason, confirm })}
    copy=${(reason) => ({
      request: { method: 'POST', path: '/v1/revert', body: { revision, reason: reason || undefined } },
      command: ['revert', revision],
      options: { reason },
    })}
    onClose=${close}
    onDone=${({ data }) => {
      announceChange(`Undid revision ${revision}: ${plural(data.changes.length, 'value')} back, as revision ${data.revision}.`, data.revision);
      onDone?.(data);
    }} />`);
}

export function planUndo(revision) {
  planRevert({ revision, title: 'Undo' });
}

/** Puts an edit into the change set instead of writing it. */
export function collect(edit) {
  changeSet.add(edit);
  announce(`Added to the change set, which has ${plural(changeSet.list().length, 'edit')} now.`, {
    label: 'Review', icon: 'tray', onClick: () => navigate({ view: 'changeset', query: {} }),
  });
}

/** Deletes one value that the reader has seen; `etag` is what it was then. */
export function planDelete({ item, etag, onDone }) {
  openDialog((close) => html`<${PlanDialog}
    title="Delete"
    danger
    intro=${html`<p><${Name}>${item.name}<//> will be absent. Its history stays, and it can be restored.</p>`}
    load=${async () => [{ name: item.name, kind: 'removed', from: item, to: null }]}
    carryOut=${(reason) => api.deleteItem(item.name, { reason, ifMatch: etag })}
    copy=${(reason) => ({
      request: { method: 'DELETE', path: configPath(item.name), headers: reason ? { 'Config-Reason': encodeURIComponent(reason) } : {} },
      command: ['delete', item.name],
      options: { reason },
    })}
    onCollect=${() => {
      collect({ name: item.name, kind: 'delete', base: item.revision, before: item.secret ? undefined : item.value });
      close();
    }}
    onClose=${close}
    onDone=${({ revision }) => {
      announceChange(`Deleted ${item.name}, as revision ${revision}.`, revision);
      onDone?.(revision);
    }} />`);
}

/** A point in words; of a revision also its instant. */
function Point({ at }) {
  const moment = useMoment(/^\d+$/.test(String(at)) ? Number(at) : null);
  return html`<strong>${pointText(at)}</strong>${moment && html` (<${Time} at=${moment.instant} exact />)`}`;
}

function pointText(point) {
  return /^\d+$/.test(String(point)) ? `revision ${point}` : String(point);
}
