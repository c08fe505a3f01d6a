// The tree "Names": the folders of the shown list, with the number of values in each.

import { count } from '../format.js';
import { html, useId, useMemo, useState } from '../preact.js';
import { foldersAbove, visibleFolders } from '../tree.js';
import { Icon } from './icon.js';
import { Text } from './text.js';
import { VirtualList } from './virtual-list.js';

const ROW = 2;

/** @param {{items: object[], selected: string, onSelect: (prefix: string) => void}} props */
export function NamesTree({ items, selected, onSelect }) {
  const [open, setOpen] = useState(() => new Set(foldersAbove(selected)));
  const rows = useMemo(() => visibleFolders(items, open), [items, open]);
  const [cursor, setCursor] = useState(null);
  const id = useId();
  const at = cursor ?? selected;
  const active = Math.max(0, rows.findIndex(({ prefix }) => prefix === at));
  const current = rows[active];

  const toggle = (prefix, wanted) => setOpen((previous) => {
    const next = new Set(previous);
    if (wanted) next.add(prefix);
    else next.delete(prefix);
    return next;
  });
  const select = (row) => {
    setCursor(row.prefix);
    if (row.expandable && !row.open) toggle(row.prefix, true);
    onSelect(row.prefix);
  };
  const moveTo = (index) => setCursor(rows[Math.min(rows.length - 1, Math.max(0, index))].prefix);
  const onKeyDown = (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === 'ArrowDown') moveTo(active + 1);
    else if (key === 'ArrowUp') moveTo(active - 1);
    else if (key === 'Home') moveTo(0);
    else if (key === 'End') moveTo(rows.length - 1);
    else if (key === 'ArrowRight') current.expandable && !current.open ? toggle(current.prefix, true) : moveTo(active + 1);
    else if (key === 'ArrowLeft') current.open ? toggle(current.prefix, false) : moveTo(parentOf(rows, active));
    else if (key === 'Enter' || key === ' ') select(current);
    else return;
    event.preventDefault();
  };

  const row = (index) => {
    const { prefix, label, count: values, level, expandable, open: isOpen, position, siblings } = rows[index];
    return html`<div key=${prefix} id=${`${id}-${index}`} class=${`tree-row ${index === active ? 'active' : ''}`} role="treeitem" aria-level=${level} aria-posinset=${position}
        aria-setsize=${siblings} aria-expanded=${expandable ? String(isOpen) : undefined} aria-selected=${prefix === selected ? 'true' : 'false'}
        style=${{ '--level': level - 1 }} onClick=${() => select(rows[index])}>
      ${expandable
        ? html`<span class="tree-toggle" onClick=${(event) => { event.stopPropagation(); toggle(prefix, !isOpen); setCursor(prefix); }}><${Icon} name="chevron" /></span>`
        : html`<span class="tree-toggle"></span>`}
      ${prefix !== '' && html`<${Icon} name="folder" />`}
      <bdi class="tree-label">${label === '' ? '(empty)' : html`<${Text}>${label}<//>`}</bdi>
      <span class="tree-count">${count(values)}</span>
    </div>`;
  };
  return html`<${VirtualList} class="tree" role="tree" aria-label="Names" tabindex="0" count=${rows.length} rowHeight=${ROW} active=${active}
    aria-activedescendant=${`${id}-${active}`} onKeyDown=${onKeyDown} renderRow=${row} />`;
}

function parentOf(rows, index) {
  for (let above = index - 1; above >= 0; above--) if (rows[above].level < rows[index].level) return above;
  return 0;
}
