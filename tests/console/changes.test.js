// Changes: the log, newest first and live, filtered, opened, paused, and reverted one by one.

import assert from 'node:assert/strict';

import { button, dialog, feed, field, status } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const articles = (page) => feed(page).getByRole('article');
const opener = (article) => article.getByRole('button').first();

inBrowser('the log is shown newest first, and a new change comes on top', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/changes');
  await expect(articles(page)).count(7);
  await expect(articles(page).first()).text('no longer used');
  await expect(articles(page).last()).text('set up prod');
  await scene.checkAccessibility();
  await api.set('staging/api/timeout_ms', '9', { reason: 'just now' });
  await expect(articles(page)).count(8);
  await expect(articles(page).first()).text('just now');
});

inBrowser('an opened change shows its events as differences', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/changes');
  const change = articles(page).nth(2);
  await opener(change).click();
  await expect(change).text('prod/checkout/db_url');
  await expect(change).text(/db-2\.internal/);
  await expect(change).text('anonymous');
  await expect(change).text(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/);
  await scene.checkAccessibility();
});

inBrowser('one change is reverted and every later one is kept', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/changes');
  const change = articles(page).nth(2);
  await opener(change).click();
  await button(change, 'Revert this change').click();
  await expect(dialog(page)).text('1500');
  await scene.checkAccessibility();
  await field(dialog(page), 'Reason').fill('the database was not ready');
  await button(dialog(page), 'Confirm').click();
  await expect(status(page)).text('Undid revision 5');
  await expect(articles(page)).count(8);
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '1500');
  assert.equal((await api.item('prod/checkout/features')).value, '{"new_cart":true,"rollout":100}');
});

inBrowser('a revert of what was overwritten is refused and says where', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await api.set('prod/checkout/timeout_ms', '3000', { reason: 'by hand' });
  await scene.open('#/changes');
  const change = articles(page).nth(3);
  await opener(change).click();
  scene.watch.expect(409, /revert/);
  await button(change, 'Revert this change').click();
  await expect(dialog(page).getByRole('alert')).text('prod/checkout/timeout_ms');
  await scene.checkAccessibility();
  assert.equal(await api.head(), 8);
});

inBrowser('the log is filtered by folder, actor and text', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  const token = await api.newToken('deploy', [{ prefix: '', actions: ['read', 'write'] }]);
  await scene.server.api(token).set('staging/worker/log_level', 'trace', { reason: 'from the pipeline' });
  await scene.open('#/changes?actor=deploy');
  await scene.signIn();
  await expect(articles(page)).count(1);
  await expect(articles(page)).text('from the pipeline');
  await field(page, 'By').fill('');
  await field(page, 'With the text').fill('rollout');
  await expect(articles(page).first()).text('roll out the new checkout');
  await field(page, 'With the text').fill('');
  await field(page, 'Under').fill('staging/');
  await field(page, 'Under').press('Enter');
  await expect(articles(page)).count(3);
  await page.waitForURL(/prefix=staging/);
  await page.reload();
  await expect(articles(page)).count(3);
});

inBrowser('the stream is paused, and goes on without a gap', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/changes');
  await expect(articles(page)).count(7);
  await button(page, 'Pause').click();
  await expect(page.getByRole('main').getByText('Paused')).visible();
  for (const value of ['1', '2', '3']) await api.set('staging/api/timeout_ms', value, { reason: `number ${value}` });
  await button(page, 'Resume').click();
  await expect(articles(page)).count(10);
  await expect(articles(page).first()).text('number 3');
  await expect(articles(page).nth(2)).text('number 1');
});

inBrowser('a long log is loaded as it is read', {
  seed: async (api) => {
    for (let number = 1; number <= 130; number += 1) await api.set(`app/${number % 7}`, String(number), { reason: `change ${number}` });
  },
}, async (scene) => {
  const { page } = scene;
  await scene.open('#/changes');
  await expect(articles(page).first()).text('change 130');
  assert.ok(await articles(page).count() <= 110);
  await articles(page).last().scrollIntoViewIfNeeded();
  await expect(articles(page)).count(130);
  await expect(page.getByText('This is the first change that you may see.')).visible();
});
