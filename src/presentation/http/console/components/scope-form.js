// Scopes while they are made: rows of an effect, a prefix and actions, with the sentence that they come to.

import { rangeOf } from '../tree.js';
import { useNames } from '../names.js';
import { html, useId, useMemo } from '../preact.js';
import { ACTIONS, cautionsOf, problemOf, scopesOf, wordsOf } from '../scopes.js';
import { Button } from './button.js';
import { Field, Select } from './field.js';
import { Icon } from './icon.js';
import { Text } from './text.js';

const FOLDERS_MAX = 200;
const PRESETS = [
  ['Read', ['read']],
  ['Read and write', ['read', 'write']],
  ['Write only', ['write']],
  ['Read with secrets', ['read', 'reveal']],
  ['Administer', ACTIONS.map(({ action }) => action)],
];

/** @param {{rows: import('../scopes.js').Row[], onRows: (rows: import('../scopes.js').Row[]) => void, shown: boolean}} props `shown`: problems are shown */
export function ScopeForm({ rows, onRows, shown }) {
  const list = useId();
  const folders = useFolders();
  const change = (index, changes) => onRows(rows.map((row, at) => (at === index ? { ...row, ...changes } : row)));
  const scopes = scopesOf(rows);
  const cautions = cautionsOf(scopes.filter(({ actions, deny }) => (actions ?? deny).length));
  return html`<fieldset class="scope-form">
    <legend class="field-label">What it may do</legend>
    <div class="toolbar scope-presets" role="group" aria-label="Start from">${PRESETS.map(([label, actions]) => {
      const chosen = rows.length === 1 && rows[0].effect === 'allow' && same(rows[0].actions, actions);
      return html`<button type="button" class="preset" aria-pressed=${chosen ? 'true' : 'false'} onClick=${() => onRows([{ effect: 'allow', prefix: rows[0]?.prefix ?? '', actions }])}>${label}</button>`;
    })}</div>
    ${rows.map((row, index) => html`<${Row} key=${index} row=${row} number=${index + 1} only=${rows.length === 1} list=${list} error=${shown ? problemOf(row) : null}
      onChange=${(changes) => change(index, changes)} onRemove=${() => onRows(rows.filter((_, at) => at !== index))} />`)}
    <datalist id=${list}>${folders.map((folder) => html`<option value=${folder} />`)}</datalist>
    <div class="toolbar">
      <${Button} icon="add" onClick=${() => onRows([...rows, { effect: 'allow', prefix: '', actions: ['read'] }])}>Add a scope<//>
      <${Button} icon="minus" onClick=${() => onRows([...rows, { effect: 'deny', prefix: '', actions: ['read', 'write', 'reveal'] }])}>Add a deny<//>
    </div>
    <div class="scope-summary" aria-live="polite">
      <p>This token ${scopes.map((scope, index) => html`${index > 0 && (scope.deny ? '; but ' : '; ')}${wordsOf(scope) || '…'} ${scope.prefix ? html`<bdi class="mono"><${Text}>${scope.prefix}<//></bdi>` : html`<strong>everything</strong>`}`)}.</p>
      ${cautions.map((caution) => html`<p class="scope-caution"><${Icon} name="alert" />${caution}</p>`)}
    </div>
  </fieldset>`;
}

function Row({ row: { effect, prefix, actions }, number, only, list, error, onChange, onRemove }) {
  const toggle = (action) => onChange({ actions: actions.includes(action) ? actions.filter((each) => each !== action) : [...actions, action] });
  return html`<div class=${`scope-row scope-row-${effect}`} role="group" aria-label=${`Scope ${number}`}>
    <${Select} label="Effect" value=${effect} onChange=${(value) => onChange({ effect: value })} options=${[['allow', 'Allow'], ['deny', 'Deny']]} />
    <${Field} label="Prefix" value=${prefix} onInput=${(value) => onChange({ prefix: value })} mono list=${list} placeholder=${effect === 'deny' ? 'such as prod/db' : 'everything'} autocomplete="off" spellcheck=${false} error=${error ?? undefined} />
    <div class="scope-actions" role="group" aria-label="Actions">${ACTIONS.map(({ action, label, hint }) => html`<button type="button" class=${`toggle toggle-${action}`} title=${hint}
      aria-pressed=${actions.includes(action) ? 'true' : 'false'} onClick=${() => toggle(action)}>${actions.includes(action) && html`<${Icon} name="check" />`}${label}</button>`)}</div>
    <${Button} kind="quiet" icon="trash" label=${`Remove scope ${number}`} disabled=${only} onClick=${onRemove} />
  </div>`;
}

function same(left, right) {
  return left.length === right.length && right.every((each) => left.includes(each));
}

/** The folders of the first two levels. */
function useFolders() {
  const { items, complete } = useNames();
  return useMemo(() => {
    if (!complete) return [];
    const folders = [];
    let index = 0;
    while (index < items.length && folders.length < FOLDERS_MAX) {
      const segments = items[index].name.split('/');
      if (segments.length < 2) {
        index += 1;
        continue;
      }
      const folder = segments.slice(0, Math.min(2, segments.length - 1)).join('/');
      const above = segments[0];
      if (!folders.includes(above)) folders.push(above);
      if (folder !== above) folders.push(folder);
      index = Math.max(index + 1, rangeOf(items, `${folder}/`)[1]);
    }
    return folders;
  }, [items, complete]);
}
