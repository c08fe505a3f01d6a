// Operations: health, the log's end as an anchor, and what the server does.

import assert from 'node:assert/strict';

import { button, status } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const state = (page) => page.getByRole('region', { name: 'State' });
const card = (page, name) => page.getByRole('region', { name, exact: true });

inBrowser('health, versions and the end of the log are shown, and the anchor is copied', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  const { details } = await api.get('/v1/health');
  await scene.open('#/operations');
  await expect(state(page)).text(/./);
  await expect(card(page, 'Health').getByText('ok', { exact: true })).count(4);
  await expect(card(page, 'Log')).text(/Applied revision\s+7/);
  await expect(card(page, 'Log')).text(details.head.hash);
  await expect(card(page, 'Server')).text(details.version);
  await button(card(page, 'Log'), 'Copy anchor').click();
  await expect(button(card(page, 'Log'), 'Copied')).visible();
  const anchor = await scene.copied();
  assert.ok(anchor.includes(details.head.hash) && anchor.includes('7'), anchor);
  await scene.checkAccessibility();
});

inBrowser('rates and latencies are plotted from the metrics, and routes are listed', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/operations?every=2');
  await expect(card(page, 'Routes')).text('/config/{name}');
  for (let number = 0; number < 20; number += 1) await api.set('app/a', String(number));
  await expect(page.locator('canvas').first()).visible();
  await expect(page.locator('canvas')).count(6);
  await button(page.getByRole('group', { name: 'Requests by' }), 'Route').click();
  await scene.checkAccessibility();
  await button(page, 'Pause').click();
  await expect(state(page)).text('Paused');
});

inBrowser('a server that is away is said to be, and asked again', { seed: incident }, async (scene) => {
  const { page, server } = scene;
  await scene.open('#/operations?every=2');
  await expect(card(page, 'Log')).visible();
  await scene.outage(async () => {
    await server.kill();
    await expect(state(page)).text('The server does not answer');
    await expect(status(page)).text('offline');
    await scene.checkAccessibility();
    await server.start();
    await expect(state(page).getByText('The server does not answer')).gone();
  });
});
