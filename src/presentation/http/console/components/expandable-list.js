// A list on the page whose rows open in place. Only the visible rows exist, however many there are.
//
// The page scrolls, not the list: on a phone two scrolling areas would be one too many.

import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../preact.js';

const OVERSCAN = 600;
const GUESS = 180;

/**
 * @param {{items: object[], keyOf: (item: object) => string, rowHeight: number, open: Set<string>,
 *          renderRow: (item: object, index: number) => unknown, label: string}} props
 *   `rowHeight` in rem is the height of closed rows; `renderRow` makes the row's content. The element that opens a row
 *   has `data-row-toggle`: arrow keys move between those
 */
export function ExpandableList({ items, keyOf, rowHeight, open, renderRow, label }) {
  const box = useRef(null);
  const heights = useRef(new Map());
  const [version, setVersion] = useState(0);
  const [range, setRange] = useState([0, 40]);
  const height = Math.round(rowHeight * rem());
  const offsets = useMemo(() => offsetsOf(items, keyOf, open, heights.current, height), [items, open, version, height]);

  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const scroller = element.closest('.main');
    const top = scroller.getBoundingClientRect().top - element.getBoundingClientRect().top;
    const first = indexAt(offsets, top - OVERSCAN);
    const last = indexAt(offsets, top + scroller.clientHeight + OVERSCAN) + 1;
    setRange((previous) => (previous[0] === first && previous[1] === last ? previous : [first, last]));
  }, [offsets]);

  useLayoutEffect(measure, [measure]);
  useEffect(() => {
    const scroller = box.current.closest('.main');
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    scroller.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener('scroll', measure);
    };
  }, [measure]);

  const note = useCallback((key, pixels) => {
    if (Math.abs((heights.current.get(key) ?? 0) - pixels) < 1) return;
    heights.current.set(key, pixels);
    setVersion((count) => count + 1);
  }, []);

  const focus = (index) => {
    const scroller = box.current.closest('.main');
    const top = box.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top + offsets[index];
    if (top < 0) scroller.scrollTop += top - height;
    else if (top + height > scroller.clientHeight) scroller.scrollTop += top + 2 * height - scroller.clientHeight;
    requestAnimationFrame(() => requestAnimationFrame(() => box.current?.querySelector(`[data-row="${index}"] [data-row-toggle]`)?.focus({ preventScroll: true })));
  };
  const onKeyDown = (event) => {
    if (!event.target.matches('[data-row-toggle]') || event.ctrlKey || event.metaKey || event.altKey) return;
    const current = Number(event.target.closest('[data-row]').dataset.row);
    const targets = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: items.length - 1 };
    if (!Object.hasOwn(targets, event.key)) return;
    event.preventDefault();
    focus(Math.min(items.length - 1, Math.max(0, targets[event.key])));
  };

  // The same element again means no work: while one scrolls only the rows that come into view are made.
  const made = useMemo(() => new Map(), [items, open, renderRow]);
  const rowAt = (index) => {
    if (!made.has(index)) {
      const key = keyOf(items[index]);
      made.set(index, html`<${Row} key=${key} name=${key} index=${index} count=${items.length} open=${open.has(key)} onHeight=${note}>${renderRow(items[index], index)}<//>`);
    }
    return made.get(index);
  };

  const start = Math.min(range[0], items.length);
  const end = Math.min(range[1], items.length);
  return html`<div ref=${box} class="rows" role="list" aria-label=${label} style=${{ height: `${offsets[items.length]}px`, '--row-height': `${height}px` }} onKeyDown=${onKeyDown}>
    <div class="rows-shown" role="presentation" style=${{ transform: `translateY(${offsets[start]}px)` }}>
      ${Array.from({ length: end - start }, (_, offset) => rowAt(start + offset))}
    </div>
  </div>`;
}

function Row({ name, index, count, open, onHeight, children }) {
  const element = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const observer = new ResizeObserver(() => { if (element.current) onHeight(name, element.current.offsetHeight); });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [open, name]);
  return html`<div ref=${element} role="listitem" aria-setsize=${count} aria-posinset=${index + 1} data-row=${index} class=${`row ${open ? 'row-open' : ''}`}>${children}</div>`;
}

/** Where each row begins; the last entry is where the list ends. */
function offsetsOf(items, keyOf, open, heights, height) {
  const offsets = new Float64Array(items.length + 1);
  items.forEach((item, index) => {
    const key = open.size ? keyOf(item) : '';
    offsets[index + 1] = offsets[index] + (open.size && open.has(key) ? heights.get(key) ?? height + GUESS : height);
  });
  return offsets;
}

/** The last row that begins at or above a place. */
function indexAt(offsets, place) {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

function rem() {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
