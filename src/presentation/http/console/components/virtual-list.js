// A list of which only the visible rows exist, so that a hundred thousand cost as much as forty.

import { html, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from '../preact.js';

const OVERSCAN = 8;

/**
 * @param {{count: number, rowHeight: number, renderRow: (index: number) => unknown, active?: number,
 *          head?: unknown, handle?: object, onRange?: (range: [number, number]) => void}} props
 *   `rowHeight` in rem; `active` is the index that is scrolled into view when it changes; other properties go to the
 *   scrolling element
 */
export function VirtualList({ count, rowHeight, renderRow, active, head, class: extra = '', handle, onRange, ...rest }) {
  const box = useRef(null);
  const rem = useRem();
  const height = Math.round(rowHeight * rem);
  const [range, setRange] = useState([0, 40]);

  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - OVERSCAN);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / height) + OVERSCAN;
    setRange((previous) => (previous[0] === first && previous[1] === last ? previous : [first, last]));
  }, [height]);

  useLayoutEffect(measure, [measure, count]);
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [measure]);

  const reveal = useCallback((index) => {
    const element = box.current;
    if (index === undefined || index < 0 || !element) return;
    const headHeight = element.querySelector('.virtual-head')?.offsetHeight ?? 0;
    const top = index * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height + headHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + height + headHeight - element.clientHeight;
  }, [height]);
  useLayoutEffect(() => reveal(active), [reveal, active]);

  useImperativeHandle(handle, () => ({ toTop: () => { if (box.current) box.current.scrollTop = 0; }, reveal, element: () => box.current }), [reveal]);

  useEffect(() => { onRange?.(range); }, [range]);

  const end = Math.min(range[1], count);
  const start = Math.min(range[0], end);
  const rows = [];
  for (let index = start; index < end; index++) rows.push(renderRow(index));
  return html`<div ref=${box} class=${`virtual ${extra}`} onScroll=${measure} style=${{ '--row-height': `${height}px` }} ...${rest}>
    ${head}
    <div class="virtual-space" role="presentation" style=${{ height: `${count * height}px` }}>
      <div class="virtual-rows" role="presentation" style=${{ transform: `translateY(${start * height}px)` }}>${rows}</div>
    </div>
  </div>`;
}

/** The root's font size in pixels; rows follow the reader's settings. */
function useRem() {
  const [rem, setRem] = useState(rootSize);
  useEffect(() => {
    const update = () => setRem(rootSize());
    window.addEventListener('resize', update);
    return () => window.removeEventListener('resize', update);
  }, []);
  return rem;
}

function rootSize() {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
