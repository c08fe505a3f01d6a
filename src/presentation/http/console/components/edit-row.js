// One edit of the change set: its difference, its editor, its conflict, and what its schema says.

import { findItem } from '../api.js';
import { differenceOf, isSecret } from '../edits.js';
import { plural, visibleText } from '../format.js';
import { isJson, parseJson } from '../json.js';
import { hrefOf } from '../navigation.js';
import { html, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { Button } from './button.js';
import { Brief } from './difference-row.js';
import { Field } from './field.js';
import { Icon } from './icon.js';
import { InlineError, Loading } from './states.js';
import { Actor, Name, Revision, Text, Time } from './text.js';
import { ValueDiff } from './value-diff.js';

const MARKS = { added: '+', changed: '~', removed: '−', same: '=' };
const LABELS = { added: 'added', changed: 'changed', removed: 'deleted', same: 'the same as before' };

/**
 * @param {{edit: import('../changeset.js').Edit, open: boolean, onToggle: () => void, conflict: number|undefined,
 *          violations: {pointer: string, detail: string}[], onEdit: (edit: object) => void, onRemove: () => void,
 *          onKeepMine: (theirs: object|null) => void, onTakeTheirs: () => void}} props
 *   `conflict`: the revision that the name has now, if another than the edit saw
 */
export function EditRow({ edit, open, onToggle, conflict, violations, onEdit, onRemove, onKeepMine, onTakeTheirs }) {
  const [editing, setEditing] = useState(false);
  const difference = differenceOf(edit);
  const { name } = edit;
  return html`
    <div class=${`row-head edit-head row-${difference.kind}`} onClick=${(event) => { if (!event.target.closest('a, button')) onToggle(); }}>
      <button type="button" class="row-toggle" data-row-toggle aria-expanded=${open ? 'true' : 'false'} onClick=${onToggle}>
        <${Icon} name="chevron" /><span class="row-mark" aria-hidden="true">${MARKS[difference.kind]}</span><span class="visually-hidden">${LABELS[difference.kind]} </span><${Name}>${name}<//>
        ${conflict !== undefined && html`<span class="badge badge-warn">changed since</span>`}
        ${violations.length > 0 && html`<span class="badge badge-bad">breaks its schema</span>`}
        ${edit.secret && html`<span class="badge"><${Icon} name="lock" />secret</span>`}
      </button>
      <div class="row-brief mono">${!open && html`<${Brief} difference=${difference} />`}</div>
      <${Button} kind="quiet" icon="close" label=${`Remove ${name} from the change set`} onClick=${onRemove} />
    </div>
    ${open && html`<div class="row-body">
      ${violations.length > 0 && html`<${Violations} violations=${violations} />`}
      ${conflict !== undefined && html`<${Conflict} edit=${edit} revision=${conflict} onKeepMine=${onKeepMine} onTakeTheirs=${onTakeTheirs} />`}
      ${editing ? html`<${Editor} edit=${edit} onCancel=${() => setEditing(false)} onDone=${(value) => { setEditing(false); onEdit({ ...edit, value }); }} />` : html`
        <div class="row-links"><span class="badge">${LABELS[difference.kind]}</span>
          ${edit.base > 0 ? html`<a href=${hrefOf('value', { at: edit.base }, name)}>as it was at revision ${edit.base}</a> <a href=${hrefOf('history', {}, name)}>history</a>` : html`<span class="muted">a new name</span>`}
          ${edit.kind === 'set' && html`<div class="actions push"><${Button} kind="quiet" icon="edit" onClick=${() => setEditing(true)}>Edit<//></div>`}</div>
        ${conflict === undefined && html`<${ValueDiff} from=${difference.from} to=${difference.to} />`}`}
    </div>`}`;
}

function Violations({ violations }) {
  return html`<div class="inline-error edit-note" role="alert"><${Icon} name="alert" /><div><strong>The schema of this prefix refuses the value.</strong>
    <ul>${violations.map(({ pointer, detail }) => html`<li key=${pointer + detail}>${pointer && html`<code><${Text}>${pointer}<//></code>: `}<${Text}>${detail}<//></li>`)}</ul></div></div>`;
}

/** Both sides of a conflict, each against what the edit saw, and the two ways on. */
function Conflict({ edit, revision, onKeepMine, onTakeTheirs }) {
  const { data, error, loading, reload } = useResource(async (signal) => (await findItem(edit.name, { signal })).data, [edit.name, revision]);
  if (error) return html`<${InlineError} error=${error}> <button type="button" class="link" onClick=${reload}>Try again</button><//>`;
  if (data === undefined && loading) return html`<${Loading} what="Loading their value" />`;
  const theirs = data ?? null;
  const { from, to } = differenceOf(edit);
  return html`<div class="conflict">
    <p><strong>${theirs ? 'Somebody has changed this since.' : 'Somebody has deleted this since.'}</strong> ${theirs && html`
      <${Actor}>${theirs.updated_by}<//> at <${Revision}>${theirs.revision}<//>, <${Time} at=${theirs.updated_at} />${theirs.reason && html`: <bdi><${Text}>${theirs.reason}<//></bdi>`}`}</p>
    <div class="conflict-sides">
      <section aria-label=${`Theirs: ${visibleText(edit.name)}`}><h2>Theirs</h2><${ValueDiff} from=${from} to=${hide(theirs, edit)} /></section>
      <section aria-label=${`Mine: ${visibleText(edit.name)}`}><h2>Mine</h2><${ValueDiff} from=${from} to=${to} /></section>
    </div>
    <div class="actions"><${Button} onClick=${() => onKeepMine(theirs)}>Keep mine<//><${Button} onClick=${onTakeTheirs}>Take theirs<//>
      <span class="muted small">Keep mine writes over their value. Take theirs drops your edit.</span></div>
  </div>`;
}

function hide(theirs, edit) {
  return theirs && isSecret(edit) ? { ...theirs, value: null, masked: true } : theirs;
}

function Editor({ edit, onDone, onCancel }) {
  const [value, setValue] = useState(edit.value);
  const parsed = isJson(edit.value, edit.contentType) ? parseJson(value) : { ok: true };
  const submit = (event) => {
    event.preventDefault();
    onDone(value);
  };
  return html`<form class="edit-form" onSubmit=${submit}>
    <${Field} label="Value" multiline mono value=${value} onInput=${setValue} rows=${Math.min(16, Math.max(3, value.split('\n').length + 1))} spellcheck=${false} autofocus
      error=${parsed.ok ? undefined : `Not valid JSON: ${parsed.message}, line ${parsed.line}, column ${parsed.column}.`} hint=${plural(value.length, 'character')} />
    <div class="actions"><${Button} type="submit">Keep this value<//><${Button} kind="quiet" onClick=${onCancel}>Cancel<//></div>
  </form>`;
}
