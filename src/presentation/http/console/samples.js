// What the operations view plots: samples of /metrics, and the series that they come to. No DOM.
//
// The requests of monitors are left out: else a server without work would seem to have some.

import { bucketsOf, gauge, growth, quantile, sumBy } from './metrics.js';

const REQUESTS = 'configapi_http_requests_total';
const DURATIONS = 'configapi_http_request_duration_seconds';
const MONITORS = /^\/(metrics|health|livez|readyz)$/;
/** Their duration is how long they wait for a change. */
const WAITING = /^\/(events|log)$/;
const CHECK = /\/check$/;

/** Quantiles are of the requests of this time, in milliseconds. */
export const WINDOW = 60_000;
/** Beyond so many intervals without a sample a line breaks. */
const GAP = 3;

/** @typedef {{time: number, byStatus: Map, byRoute: Map, writes: Map, reads: Map, gauges: Record<string, number|null>}} Sample */

function isWrite({ method, route }) {
  return ['PUT', 'POST', 'DELETE', 'PATCH'].includes(method) && !CHECK.test(route);
}

function isRead({ method, route }) {
  return method === 'GET' && !WAITING.test(route) && !MONITORS.test(route);
}

/** @returns {Sample} what is kept of one answer of /metrics */
export function sampleOf(metrics, time) {
  const meant = (label) => (labels) => (MONITORS.test(labels.route) ? undefined : labels[label]);
  return {
    time,
    byStatus: sumBy(metrics, REQUESTS, meant('status')),
    byRoute: sumBy(metrics, REQUESTS, meant('route')),
    writes: bucketsOf(metrics, DURATIONS, isWrite),
    reads: bucketsOf(metrics, DURATIONS, isRead),
    gauges: {
      connections: gauge(metrics, 'configapi_connections_open'),
      bodies: gauge(metrics, 'configapi_request_bodies_bytes'),
      unsent: gauge(metrics, 'configapi_unsent_responses_bytes'),
      answers: gauge(metrics, 'configapi_answers_bytes'),
      lag: gauge(metrics, 'configapi_lag_seconds'),
      behind: difference(gauge(metrics, 'configapi_head_revision'), gauge(metrics, 'configapi_applied_revision')),
    },
  };
}

function difference(left, right) {
  return left === null || right === null ? null : Math.max(0, left - right);
}

/** @typedef {{label: string, values: (number|null)[]}} Series `values`: one for each sample but the first */

/**
 * Rates per second by status or route; beyond `most` keys the smallest are one series.
 * @param {Sample[]} samples @param {'byStatus'|'byRoute'} kind @param {number} interval in milliseconds
 * @returns {Series[]}
 */
export function ratesOf(samples, kind, interval, most = 5) {
  const grown = steps(samples, interval, (before, after) => {
    const seconds = (after.time - before.time) / 1000;
    return new Map([...growth(before[kind], after[kind])].map(([key, count]) => [key, count / seconds]));
  });
  const totals = new Map();
  for (const step of grown) for (const [key, rate] of step ?? []) totals.set(key, (totals.get(key) ?? 0) + rate);
  const keys = [...totals.keys()];
  const named = kind === 'byStatus' ? keys.sort() : keys.sort((left, right) => totals.get(right) - totals.get(left) || left.localeCompare(right)).slice(0, most);
  const series = named.map((key) => ({ label: key, values: grown.map((step) => step && (step.get(key) ?? 0)) }));
  if (named.length < keys.length) series.push({ label: 'all others', values: grown.map((step) => step && sumWithout(step, named)) });
  return series;
}

function sumWithout(step, named) {
  return [...step].reduce((sum, [key, rate]) => (named.includes(key) ? sum : sum + rate), 0);
}

/** Quantiles of the durations of the last minute, in seconds. @param {'writes'|'reads'} kind @returns {Series[]} */
export function latenciesOf(samples, kind, interval) {
  let first = 0;
  const grown = steps(samples, interval, (before, after) => {
    while (after.time - samples[first].time > WINDOW) first += 1;
    return growth((samples[first] === after ? before : samples[first])[kind], after[kind]);
  });
  return [['p50', 0.5], ['p95', 0.95], ['p99', 0.99]].map(([label, rank]) => ({ label, values: grown.map((step) => step && quantile(rank, step)) }));
}

/** @param {[name: string, label: string][]} names @returns {Series[]} */
export function gaugesOf(samples, names) {
  return names.map(([name, label]) => ({ label, values: samples.slice(1).map(({ gauges }) => gauges[name]) }));
}

// Nothing is said about a time that was not sampled.
function steps(samples, interval, between) {
  return samples.slice(1).map((after, index) => (after.time - samples[index].time > GAP * interval ? null : between(samples[index], after)));
}

/**
 * The routes since the server was started, busiest first.
 * @returns {{route: string, method: string, requests: number, refused: number, failed: number, mean: number|null, p50: number|null, p99: number|null}[]}
 */
export function routesOf(metrics) {
  const rows = new Map();
  for (const { labels: { route, method, status }, value } of metrics.get(REQUESTS) ?? []) {
    const key = `${method} ${route}`;
    const row = rows.get(key) ?? { route, method, requests: 0, refused: 0, failed: 0 };
    row.requests += value;
    if (status === '4xx') row.refused += value;
    if (status === '5xx') row.failed += value;
    rows.set(key, row);
  }
  const one = (name, row) => (metrics.get(name) ?? []).find(({ labels }) => labels.route === row.route && labels.method === row.method)?.value;
  return [...rows.values()].sort((left, right) => right.requests - left.requests).map((row) => {
    const buckets = bucketsOf(metrics, DURATIONS, ({ route, method }) => route === row.route && method === row.method);
    const count = one(`${DURATIONS}_count`, row);
    return { ...row, mean: count ? one(`${DURATIONS}_sum`, row) / count : null, p50: quantile(0.5, buckets), p99: quantile(0.99, buckets) };
  });
}
