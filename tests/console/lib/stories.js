// Logs that the tests begin with.

/** Two environments, some days of ordinary work, and a burst that went wrong. */
export async function incident(api) {
  const services = ['api', 'checkout', 'worker'];
  for (const environment of ['prod', 'staging']) {
    await api.transact(Object.fromEntries(services.flatMap((service) => [
      [`${environment}/${service}/db_url`, `postgres://${service}@db.internal:5432/shop`],
      [`${environment}/${service}/timeout_ms`, '1500'],
      [`${environment}/${service}/log_level`, 'info'],
    ])), `set up ${environment}`);
  }
  await api.set('prod/checkout/features', '{"new_cart":false,"rollout":0}', { content_type: 'application/json', reason: 'features' });
  await api.set('staging/api/log_level', 'debug', { reason: 'look closer' });
  const good = await api.head();
  await api.transact({ 'prod/checkout/timeout_ms': '15', 'prod/checkout/db_url': 'postgres://checkout@db-2.internal:5432/shop' }, 'roll out the new checkout');
  await api.set('prod/checkout/features', '{"new_cart":true,"rollout":100}', { content_type: 'application/json', reason: 'roll out the new checkout' });
  await api.delete('prod/checkout/log_level', 'no longer used');
  return { good, bad: await api.head() };
}

/** Texts that are markup, or look like another text: each must stay the text that it is. */
export const MARKUP = [
  '<img src=x onerror="window.hacked=1">',
  '<script>window.hacked=1</script>',
  '"><svg onload=window.hacked=1>',
  '{{constructor.constructor("window.hacked=1")()}}',
  '${window.hacked=1}',
  'javascript:window.hacked=1',
  '<style>*{display:none}</style>',
  '&lt;b&gt; &amp; <b>bold</b>',
];
