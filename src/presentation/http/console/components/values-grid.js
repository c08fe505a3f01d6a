// The grid "Values": one row per name, of which only the visible ones exist.

import { loadAhead } from '../ahead.js';
import { visibleText } from '../format.js';
import { hrefOf, navigate } from '../navigation.js';
import { html, useCallback, useEffect, useId, useRef, useState } from '../preact.js';
import { partsOf } from '../search.js';
import { Icon } from './icon.js';
import { Actor, Text, Time } from './text.js';
import { useNarrow } from './use-narrow.js';
import { VirtualList } from './virtual-list.js';

const RESTED = 60;
const ROW = 2.25;
const ROW_NARROW = 3.5;
const SINCE = { changed: 'set since', removed: 'removed since', added: 'added since' };

/**
 * @param {{items: object[], prefix: string, at?: string, q: string, inValues: boolean, contiguous: boolean,
 *          since: Map<string, {kind: string}>|null, busy: boolean}} props
 *   `contiguous`: the server makes the same list from `q` and `prefix`; else the list is what changed since `at`
 */
export function ValuesGrid({ items, prefix, at, q, inValues, contiguous, since, busy }) {
  const narrow = useNarrow();
  const [active, setActive] = useState(0);
  const [range, rangeChanged] = useRested([0, 0]);
  const id = useId();
  const list = useRef(null);
  const previewOf = usePreviews(items, range, { at, prefix, q, inValues, contiguous });
  useEffect(loadAhead, []);
  useEffect(() => {
    setActive(0);
    list.current?.toTop();
  }, [prefix, q]);

  const open = (item) => navigate({ view: 'value', name: item.name, query: { at } });
  const page = () => Math.max(1, Math.floor((list.current?.element()?.clientHeight ?? 400) / 40) - 1);
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page(), PageUp: -page(), Home: -Infinity, End: Infinity };
    if (Object.hasOwn(steps, event.key)) {
      const next = Math.min(items.length - 1, Math.max(0, active + steps[event.key]));
      setActive(next);
      // The row may be the active one already, and out of sight after the wheel.
      list.current?.reveal(next);
    } else if (event.key === 'Enter' && items[active]) open(items[active]);
    else return;
    event.preventDefault();
  };

  const row = (index) => {
    const item = items[index];
    const preview = previewOf?.(item);
    const mark = since?.get(item.name)?.kind;
    return html`<div key=${item.name} id=${`${id}-${index}`} role="row" aria-rowindex=${index + 2} class=${`grid-row ${index === active ? 'active' : ''} ${mark === 'added' ? 'grid-row-absent' : ''}`}
        onClick=${(event) => { if (!event.defaultPrevented && !event.target.closest('a')) { setActive(index); open(item); } }}>
      <div role="gridcell" class="grid-name">
        <a href=${hrefOf('value', { at }, item.name)} tabindex="-1" title=${visibleText(item.name)}><bdi><${NameWithMatch} name=${item.name} prefix=${prefix} text=${q} /></bdi></a>
        ${mark && html`<span class=${`badge badge-${mark}`}>${SINCE[mark]}</span>`}
      </div>
      <div role="gridcell" class="grid-value mono"><${Preview} item=${item} preview=${preview} /></div>
      <div role="gridcell" class="grid-time"><${Time} at=${item.updated_at} /></div>
      <div role="gridcell" class="grid-actor" title=${item.reason ? visibleText(item.reason) : undefined}><${Actor}>${item.updated_by}<//></div>
    </div>`;
  };
  const head = html`<div class="virtual-head grid-head" role="row" aria-rowindex="1">
    <div role="columnheader" class="grid-name">Name</div><div role="columnheader" class="grid-value">Value</div>
    <div role="columnheader" class="grid-time">Changed</div><div role="columnheader" class="grid-actor">By</div>
  </div>`;
  return html`<${VirtualList} handle=${list} class="grid" role="grid" aria-label="Values" aria-rowcount=${items.length + 1} aria-colcount="4" aria-busy=${busy ? 'true' : undefined} tabindex="0"
    count=${items.length} rowHeight=${narrow ? ROW_NARROW : ROW} active=${active} head=${head} onRange=${rangeChanged}
    aria-activedescendant=${items.length ? `${id}-${active}` : undefined} onKeyDown=${onKeyDown} renderRow=${row} />`;
}

/** A state that follows only when it rests, so that scrolling renders the rows alone. */
function useRested(initial) {
  const [value, setValue] = useState(initial);
  const timer = useRef(0);
  const change = useCallback((next) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setValue(next), RESTED);
  }, []);
  return [value, change];
}

/** The values of the visible rows; they and their module come after the names. */
function usePreviews(items, range, query) {
  const [previewOf, setPreviewOf] = useState(null);
  useEffect(() => {
    if (range[1] === 0) return undefined;
    const controller = new AbortController();
    import('../previews.js').then(async ({ loadPreviews, previewOf: lookUp }) => {
      const fresh = await loadPreviews(items, range, query, controller.signal);
      // A new function renders the rows again.
      if (!controller.signal.aborted) setPreviewOf((previous) => (fresh || !previous ? (item) => lookUp(item) : previous));
    }).catch(() => {
      // The names are the list; without the module the rows show no values.
    });
    return () => controller.abort();
  }, [items, range, query.at, query.q, query.prefix, query.inValues, query.contiguous]);
  return previewOf;
}

function Preview({ item, preview }) {
  if (preview?.shredded) return html`<span class="muted">shredded</span>`;
  if (preview?.masked || item.masked) return html`<span class="dots" title="A secret"><${Icon} name="lock" /> ••••••••</span>`;
  if (!preview) return null;
  return preview.text === '' ? html`<span class="muted">(empty)</span>` : html`<bdi><${Text}>${preview.text}<//></bdi>`;
}

/** The name below the shown folder; its folders are dim, what was searched is marked. */
function NameWithMatch({ name, prefix, text }) {
  const shown = text || !name.startsWith(prefix) || name === prefix ? name : name.slice(prefix.length);
  const cut = shown.lastIndexOf('/', shown.length - 2) + 1;
  const parts = (part) => partsOf(part, text).map(({ text: piece, found }) => (found ? html`<mark><${Text}>${piece}<//></mark>` : html`<${Text}>${piece}<//>`));
  return html`<span class="name-folder">${parts(shown.slice(0, cut))}</span><span class="grid-leaf">${parts(shown.slice(cut))}</span>`;
}
