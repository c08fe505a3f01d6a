import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketsOf, gauge, growth, parseMetrics, quantile, sumBy } from '../../../src/presentation/http/console/metrics.js';

const TEXT = `# HELP a_total It counts.
# TYPE a_total counter
a_total{route="/config/{name}",status="2xx"} 3
a_total{route="/x\\"y\\\\z\\n",status="2xx"} 2 1700000000000
a_total{route="/x",status="5xx"} 1
lag_seconds NaN
open 12
not a line
h_bucket{le="0.1",method="GET"} 5
h_bucket{le="+Inf",method="GET"} 10
h_bucket{le="0.1",method="PUT"} 1
h_bucket{le="+Inf",method="PUT"} 1
`;

test('the text format is read with its labels, escapes and numbers', () => {
  const metrics = parseMetrics(TEXT);
  assert.deepEqual(metrics.get('a_total')[0], { labels: { route: '/config/{name}', status: '2xx' }, value: 3 });
  assert.equal(metrics.get('a_total')[1].labels.route, '/x"y\\z\n');
  assert.equal(gauge(metrics, 'open'), 12);
  assert.equal(gauge(metrics, 'lag_seconds'), null);
  assert.equal(gauge(metrics, 'absent'), null);
});

test('counters are summed by a label and grow between samples, also over a restart', () => {
  const sums = sumBy(parseMetrics(TEXT), 'a_total', 'status');
  assert.deepEqual([...sums], [['2xx', 5], ['5xx', 1]]);
  assert.deepEqual([...growth(new Map([['2xx', 2], ['5xx', 4]]), sums)], [['2xx', 3], ['5xx', 1]]);
});

test('a quantile lies inside its bucket, evenly spread', () => {
  const buckets = bucketsOf(parseMetrics(TEXT), 'h', ({ method }) => method === 'GET');
  assert.deepEqual([...buckets], [[0.1, 5], [Infinity, 10]]);
  assert.equal(quantile(0.25, buckets), 0.05);
  assert.equal(quantile(0.99, buckets), 0.1);
  assert.equal(quantile(0.5, new Map([[1, 0], [2, 4], [Infinity, 4]])), 1.5);
  assert.equal(quantile(0.5, new Map([[1, 0], [Infinity, 0]])), null);
  assert.equal(quantile(0.5, new Map()), null);
});
