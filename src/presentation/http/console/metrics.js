// Prometheus' text format, and what two samples of it say: rates, and quantiles from histograms. No DOM.

/** @typedef {{labels: Record<string, string>, value: number}} Point */

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES = { n: '\n', '"': '"', '\\': '\\' };

/** @returns {Map<string, Point[]>} the points of each metric; lines that are none are passed over */
export function parseMetrics(text) {
  const metrics = new Map();
  for (const line of text.split('\n')) {
    if (!line || line[0] === '#') continue;
    const match = LINE.exec(line.trimEnd());
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? '').matchAll(LABEL)) labels[name] = value.replace(/\\(.)/g, (_, character) => ESCAPES[character] ?? character);
    if (!metrics.has(match[1])) metrics.set(match[1], []);
    metrics.get(match[1]).push({ labels, value: numberOf(match[3]) });
  }
  return metrics;
}

function numberOf(text) {
  if (/^[+-]?Inf$/i.test(text)) return text[0] === '-' ? -Infinity : Infinity;
  return Number(text);
}

/** The value of a metric without labels; null where it is absent or not a number. */
export function gauge(metrics, name) {
  const value = metrics.get(name)?.[0]?.value;
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** The sums of a metric's points by a label, or by what a function of the labels returns; `undefined` leaves one out. */
export function sumBy(metrics, name, keyOf) {
  const sums = new Map();
  for (const { labels, value } of metrics.get(name) ?? []) {
    const key = typeof keyOf === 'function' ? keyOf(labels) : labels[keyOf];
    if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums;
}

/** How much each counter has grown from one sample to the next. A counter that fell began again at zero. */
export function growth(before, after) {
  const grown = new Map();
  for (const [key, value] of after) {
    const old = before.get(key) ?? 0;
    grown.set(key, value < old ? value : value - old);
  }
  return grown;
}

/** A histogram's cumulative counts by the end of their bucket in seconds, over the points that `isMeant` takes. */
export function bucketsOf(metrics, name, isMeant) {
  return sumBy(metrics, `${name}_bucket`, (labels) => (isMeant(labels) ? numberOf(labels.le) : undefined));
}

/**
 * The quantile of cumulative counts, as Prometheus estimates it: evenly spread inside a bucket, and the last finite
 * end for what lies beyond it.
 * @returns {number|null} null where nothing was counted
 */
export function quantile(rank, buckets) {
  const ends = [...buckets].sort(([left], [right]) => left - right);
  const total = ends.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return null;
  const wanted = rank * total;
  const index = ends.findIndex(([, count]) => count >= wanted);
  const [end, count] = ends[index];
  const [start, below] = index > 0 ? ends[index - 1] : [0, 0];
  if (end === Infinity) return start;
  return count === below ? end : start + (end - start) * ((wanted - below) / (count - below));
}
