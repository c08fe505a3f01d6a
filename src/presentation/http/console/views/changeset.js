// The change set: edits from anywhere as one difference, with one reason, written as one change.

import { announceChange } from '../actions.js';
import { Button, LinkButton } from '../components/button.js';
import { CommitForm } from '../components/commit-form.js';
import { EditRow } from '../components/edit-row.js';
import { ExpandableList } from '../components/expandable-list.js';
import { announce } from '../components/notices.js';
import { Empty } from '../components/states.js';
import { useNarrow } from '../components/use-narrow.js';
import { keepMine, refusedOf, staleOf } from '../edits.js';
import { plural } from '../format.js';
import { useNames } from '../names.js';
import { hrefOf } from '../navigation.js';
import { html, useEffect, useMemo, useState } from '../preact.js';
import { changeSet, useChangeSet } from '../tray.js';

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
  const [refusal, setRefusal] = useState({ edits: [], failed: [], errors: [] });
  const stale = useMemo(() => (names.complete ? staleOf(edits, names) : new Map()), [edits, names]);
  const refused = useMemo(() => refusedOf(edits, refusal), [edits, refusal]);
  const conflicts = useMemo(() => new Map([...stale, ...refused.conflicts]), [stale, refused]);
  const { violations } = refused;
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
      <${CommitForm} edits=${edits} conflicts=${conflicts} label="Commit" onRefused=${setRefusal} onDone=${(revision) => {
        changeSet.clear();
        announceChange(`Committed ${plural(edits.length, 'edit')} as revision ${revision}.`, revision);
        onDone(revision);
      }} />
    </div>
  </div>`;
}

function discard(edits) {
  changeSet.clear();
  announce(`${plural(edits.length, 'edit')} discarded.`, { label: 'Undo', onClick: () => changeSet.addAll(edits) });
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
