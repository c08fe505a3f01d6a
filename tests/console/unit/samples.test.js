import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetrics } from '../../../src/presentation/http/console/metrics.js';
import { gaugesOf, latenciesOf, ratesOf, routesOf, sampleOf } from '../../../src/presentation/http/console/samples.js';

const at = (time, { gets = 0, puts = 0, failed = 0, polls = 0, quick = 0, slow = 0 } = {}) => sampleOf(parseMetrics(`
configapi_http_requests_total{route="/config/{name}",method="GET",status="2xx"} ${gets}
configapi_http_requests_total{route="/config/{name}",method="PUT",status="2xx"} ${puts}
configapi_http_requests_total{route="/config",method="GET",status="5xx"} ${failed}
configapi_http_requests_total{route="/metrics",method="GET",status="2xx"} ${polls}
configapi_http_request_duration_seconds_bucket{le="0.001",route="/config/{name}",method="PUT"} ${quick}
configapi_http_request_duration_seconds_bucket{le="0.1",route="/config/{name}",method="PUT"} ${quick + slow}
configapi_http_request_duration_seconds_bucket{le="+Inf",route="/config/{name}",method="PUT"} ${quick + slow}
configapi_http_request_duration_seconds_bucket{le="+Inf",route="/events",method="GET"} 99
configapi_connections_open 3
configapi_applied_revision 5
configapi_head_revision 9
configapi_lag_seconds NaN
`), time);

test('rates are per second by status, without those of monitors', () => {
  const samples = [at(0), at(2000, { gets: 10, puts: 2, failed: 1, polls: 50 })];
  assert.deepEqual(ratesOf(samples, 'byStatus', 2000), [{ label: '2xx', values: [6] }, { label: '5xx', values: [0.5] }]);
});

test('rates by route have the busiest first and the rest as one', () => {
  const samples = [at(0), at(1000, { gets: 10, failed: 1 })];
  assert.deepEqual(ratesOf(samples, 'byRoute', 1000, 1), [{ label: '/config/{name}', values: [10] }, { label: 'all others', values: [1] }]);
});

test('a line breaks where no samples were taken', () => {
  const samples = [at(0), at(1000, { gets: 1 }), at(60_000, { gets: 100 })];
  assert.deepEqual(ratesOf(samples, 'byStatus', 1000)[0].values, [1, null]);
  assert.deepEqual(latenciesOf(samples, 'writes', 1000)[0].values, [null, null]);
});

test('latencies are those of the writes of the last minute', () => {
  const samples = [at(0, { quick: 1000 }), at(30_000, { quick: 1000, slow: 10 }), at(90_000, { quick: 1000, slow: 20 }), at(151_000, { quick: 1100, slow: 20 })];
  const [p50, , p99] = latenciesOf(samples, 'writes', 61_000);
  assert.deepEqual(p50.values.map((value) => value.toFixed(4)), ['0.0505', '0.0505', '0.0005']);
  assert.ok(p99.values[2] <= 0.001);
});

test('gauges that are not numbers are gaps, and the distance to the head is one of them', () => {
  const samples = [at(0), at(1000)];
  assert.deepEqual(gaugesOf(samples, [['lag', 'lag'], ['behind', 'behind'], ['connections', 'open']]).map(({ values }) => values), [[null], [4], [3]]);
});

test('routes are counted with their errors since the start', () => {
  const rows = routesOf(parseMetrics(`
configapi_http_requests_total{route="/a",method="GET",status="2xx"} 1
configapi_http_requests_total{route="/b",method="PUT",status="4xx"} 3
configapi_http_requests_total{route="/b",method="PUT",status="5xx"} 1
configapi_http_request_duration_seconds_sum{route="/b",method="PUT"} 2
configapi_http_request_duration_seconds_count{route="/b",method="PUT"} 4
`));
  assert.deepEqual(rows[0], { route: '/b', method: 'PUT', requests: 4, refused: 3, failed: 1, mean: 0.5, p50: null, p99: null });
  assert.equal(rows[1].mean, null);
});
