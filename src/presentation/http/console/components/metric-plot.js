// A plot of series over time, with its numbers, and with a table in its place.

import { localTime } from '../format.js';
import { html, useEffect, useLayoutEffect, useRef, useState } from '../preact.js';
import { stylesheet } from '../styles.js';
import { Button } from './button.js';
import { Text } from './text.js';

await stylesheet('vendor/uplot.css');

const HEIGHT = 150;
const ROWS = 30;
/** A plot spans this many seconds at least, so that its first points do not jump. */
const LEAST = 60;
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [4, 2], [1, 2]];

/**
 * @param {{title: string, note?: string, times: number[], series: import('../samples.js').Series[], format: (value: number) => string,
 *          colors?: string[], empty?: string, children?: unknown}} props `times` in milliseconds; `colors` are names of the design's colours
 */
export function MetricPlot({ title, note, times, series, format, colors = ['accent', 'warn', 'bad', 'good', 'muted', 'line-strong'], empty, children }) {
  const [table, setTable] = useState(false);
  const [at, setAt] = useState(null);
  const index = at !== null && at < times.length ? at : times.length - 1;
  const known = series.some(({ values }) => values.some((value) => value !== null));
  const said = (value) => (value === null || value === undefined ? '–' : format(value));
  return html`<section class="panel metric" aria-label=${title}>
    <div class="metric-head"><h3>${title}</h3>${children}
      <${Button} kind="quiet" class="push" icon="table" aria-pressed=${table ? 'true' : 'false'} label=${`${title}: ${table ? 'show the plot' : 'show as a table'}`} onClick=${() => setTable(!table)} /></div>
    <dl class="metric-legend">${series.map(({ label, values }, number) => html`<div key=${label}>
      <dt><span class=${`metric-mark metric-${colors[number % colors.length]}`} aria-hidden="true"></span><${Text}>${label}<//></dt><dd>${said(values[index])}</dd></div>`)}
      ${at !== null && times[index] && html`<div class="metric-time">${localTime(times[index])}</div>`}</dl>
    ${table ? html`<${Table} times=${times} series=${series} said=${said} />`
      : html`<${Canvas} label=${`${title}, newest: ${series.map(({ label, values }) => `${label} ${said(values.at(-1))}`).join(', ') || 'nothing yet'}`} times=${times} series=${series} colors=${colors} format=${format} onIndex=${setAt} />`}
    ${!known && !table && html`<p class="metric-empty muted small">${times.length < 1 ? 'Two samples make the first point.' : empty ?? 'Nothing yet.'}</p>`}
    ${note && html`<p class="metric-note muted small">${note}</p>`}
  </section>`;
}

function Table({ times, series, said }) {
  const rows = times.map((time, index) => [time, index]).slice(-ROWS).reverse();
  return html`<div class="table-box metric-table" tabindex="0" role="group" aria-label="Samples"><table class="table">
    <thead><tr><th scope="col">Time</th>${series.map(({ label }) => html`<th scope="col"><${Text}>${label}<//></th>`)}</tr></thead>
    <tbody>${rows.map(([time, index]) => html`<tr key=${time}><td class="nowrap">${localTime(time)}</td>${series.map(({ values }) => html`<td class="number">${said(values[index])}</td>`)}</tr>`)}</tbody>
  </table>${rows.length < times.length && html`<p class="cut-note">The newest ${rows.length} of ${times.length} samples.</p>`}</div>`;
}

function Canvas({ label, times, series, colors, format, onIndex }) {
  const box = useRef(null);
  const plot = useRef(null);
  const [library, setLibrary] = useState(null);
  const theme = useTheme();
  const shape = series.map((each) => each.label).join('\n');
  const data = [times.map((time) => time / 1000), ...series.map(({ values }) => values)];
  const latest = useRef({ data, format });
  latest.current = { data, format };

  // While the server is away the table remains.
  useEffect(() => { import('../vendor/uplot.js').then((module) => setLibrary(() => module.default), () => {}); }, []);
  useLayoutEffect(() => {
    if (!library) return undefined;
    const element = box.current;
    plot.current = new library(optionsOf(element, shape ? shape.split('\n') : [], colors, latest, onIndex), latest.current.data, element);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(100, element.clientWidth), height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current.destroy();
      plot.current = null;
    };
  }, [library, shape, theme]);
  useEffect(() => { plot.current?.setData(latest.current.data); }, [times, series]);
  return html`<div class="metric-canvas" ref=${box} role="img" aria-label=${label}></div>`;
}

function optionsOf(element, labels, colors, latest, onIndex) {
  const text = colorOf(element, 'muted');
  const line = colorOf(element, 'line');
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(100, element.clientWidth), height: HEIGHT, padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'operations' }, points: { size: 6 } },
    scales: { x: { time: true, range: (_, first, last) => [Math.min(first ?? 0, (last ?? 0) - LEAST), last ?? 1] }, y: { range: (_, least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      { ...axis, size: 26, space: 90, values: (_, seconds) => seconds.map((second) => clock(second)) },
      { ...axis, size: 60, space: 32, values: (_, values) => values.map((value) => latest.current.format(value)) },
    ],
    series: [{}, ...labels.map((label, number) => ({
      label, stroke: colorOf(element, colors[number % colors.length]), width: 1.5, dash: DASHES[number % DASHES.length], points: { show: (self) => self.data[0].length < 3, size: 5 },
    }))],
    hooks: { setCursor: [(self) => onIndex(self.cursor.idx ?? null)] },
  };
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
function clock(second) {
  return CLOCK.format(new Date(second * 1000));
}

/** A colour of the design as the canvas needs it: worked out for the theme that is shown. */
function colorOf(element, name) {
  const probe = document.createElement('span');
  probe.className = `metric-${name}`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Rises when the page's theme changes: a canvas has to be drawn again. */
function useTheme() {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const changed = () => setTurn((count) => count + 1);
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', changed);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', changed);
    };
  }, []);
  return turn;
}
