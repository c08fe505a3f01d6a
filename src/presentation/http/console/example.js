// The example that an empty store offers: a small system in two environments, and a change that went wrong.

import { transact } from './api.js';
import { announceChange } from './actions.js';
import { plural } from './format.js';

const json = (value) => JSON.stringify(value, null, 2);

function servicesOf(environment, { replicas, rate, host }) {
  return {
    [`${environment}/api/db_url`]: `postgres://api@${host}:5432/shop`,
    [`${environment}/api/log_level`]: 'info',
    [`${environment}/api/rate_limit`]: json({ requests_per_second: rate, burst: rate * 2, tenants: { acme: rate * 4 } }),
    [`${environment}/checkout/features`]: json({ new_cart: false, express: true, rollout_percent: 0 }),
    [`${environment}/checkout/timeout_ms`]: '1500',
    [`${environment}/worker/replicas`]: String(replicas),
    [`${environment}/worker/queues`]: 'mail\nthumbnails\nreports\n',
  };
}

const CHANGES = [
  ['The example: two environments', {
    ...servicesOf('prod', { replicas: 6, rate: 200, host: 'db-1.internal' }),
    ...servicesOf('staging', { replicas: 1, rate: 20, host: 'db-staging.internal' }),
  }],
  ['More workers before the sale', { 'prod/worker/replicas': '10' }],
  ['Try the new cart in staging', { 'staging/checkout/features': json({ new_cart: true, express: true, rollout_percent: 100 }) }],
  ['Roll out the new cart', {
    'prod/checkout/features': json({ new_cart: true, express: true, rollout_percent: 100 }),
    'prod/checkout/timeout_ms': '150',
  }],
];

export async function loadExample() {
  let revision = 0;
  let names = 0;
  for (const [reason, values] of CHANGES) {
    const operations = Object.entries(values).map(([name, value]) => ({
      set: { name, value, ...(value.startsWith('{') ? { content_type: 'application/json' } : {}) },
    }));
    names = Math.max(names, operations.length);
    revision = (await transact({ operations, reason })).data.revision;
  }
  announceChange(`Loaded ${plural(names, 'value')}. The last change went wrong: drag the time bar to before it.`, revision);
}
