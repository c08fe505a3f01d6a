// A server that only reads the same log, and is behind: the console says so, shows what it has, and catches up.

import assert from 'node:assert/strict';

import { alert, button, field, rowOf, rows, section, status } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

/** It looks at the log when it starts, and then not before the test is over. */
const BEHIND = ['--read-only', '--poll-interval', '1day'];

inBrowser('a replica that is behind shows its own state, refuses writes in plain words, and catches up', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  const replica = await scene.newServer({ args: BEHIND });
  await scene.open('#/?prefix=prod/checkout/', { server: replica });
  await expect(rows(page)).count(3);
  await api.set('prod/checkout/timeout_ms', '999');
  assert.equal((await replica.api().item('prod/checkout/timeout_ms')).value, '15', 'it is behind');
  await expect(rowOf(page, 'timeout_ms')).text(/\b15\b/);

  await rowOf(page, 'timeout_ms').getByRole('link').click();
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('1');
  await button(page, 'Save').click();
  scene.watch.expect(503, /timeout_ms/);
  await button(page, 'Commit').click();
  await expect(alert(page)).text(/read/);
  await scene.checkAccessibility();
  await button(page, 'Back to editing').click();
  await button(page, 'Cancel').click();
  await section(page, 'Operations').click();
  await expect(page.getByRole('region', { name: 'State' })).text('Read-only, and behind');
  await scene.checkAccessibility();
  await page.goBack();

  await scene.outage(async () => {
    await replica.kill();
    replica.args = ['--read-only', '--poll-interval', '100ms'];
    await replica.start();
    await expect(page.getByLabel('Stored text')).text('999');
  });
  await api.set('prod/checkout/timeout_ms', '1000');
  await expect(page.getByLabel('Stored text')).text('1000');
});

inBrowser('a change on one server reaches a page on another', { seed: incident }, async (scene) => {
  const { page, server } = scene;
  const second = await scene.newServer();
  const { page: other } = await scene.newPage();
  await scene.open('#/value/prod/api/timeout_ms', { server });
  await scene.open('#/value/prod/api/timeout_ms', { page: other, server: second });
  await expect(other.getByLabel('Stored text')).text('1500');
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('1750');
  await button(page, 'Save').click();
  await button(page, 'Commit').click();
  await expect(status(page)).text('Saved');
  await expect(other.getByLabel('Stored text')).text('1750');
});
