// Browse: the tree of folders, the grid of values, search, and the same at a point in the past.

import assert from 'node:assert/strict';

import { button, folder, grid, rowOf, rows, search, slider, status, timeBar, tree } from './lib/elements.js';
import { eventually } from './lib/expect.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

inBrowser('folders show their counts and narrow the grid', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(rows(page)).count(18);
  await expect(folder(page, 'prod')).text(/prod\s*9/);
  await scene.checkAccessibility();
  await folder(page, 'staging').click();
  await expect(rows(page)).count(9);
  await folder(page, 'api').click();
  await expect(rows(page)).count(3);
  assert.match(page.url(), /#\/\?prefix=staging%2Fapi%2F$/);
  await expect(folder(page, 'api')).attribute('aria-selected', 'true');
});

inBrowser('the tree and the grid are used by the keyboard', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await tree(page).focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await expect(rows(page)).count(9);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(rows(page)).count(3);
  await grid(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Edit' })).visible();
  await page.goBack();
  await expect(rows(page)).count(3);
  await page.keyboard.press('/');
  await expect(search(page)).focused();
});

inBrowser('search finds names, and values where it is asked to', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await search(page).fill('TIMEOUT');
  await expect(rows(page)).count(6);
  assert.match(await page.locator('.browse-count').innerText(), /6 of 18/);
  await search(page).fill('db-2.internal');
  await expect(page.getByText('No name contains this')).visible();
  await scene.checkAccessibility();
  await page.getByLabel('In values too').check();
  await expect(rows(page)).count(1);
  await expect(rowOf(page, 'prod/checkout/db_url')).visible();
  await page.reload();
  await expect(search(page)).value('db-2.internal');
  await expect(rows(page)).count(1);
});

inBrowser('a row shows its value, its newest change and who made it', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?prefix=prod/checkout/');
  const row = rowOf(page, 'features');
  await expect(row).text('{"new_cart":true,"rollout":100}');
  await expect(row).text('anonymous');
  const title = await row.locator('time').getAttribute('title');
  assert.match(title, /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/, 'the exact instant is in UTC');
});

inBrowser('a value that another client sets appears by itself', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?prefix=staging/');
  await expect(rows(page)).count(9);
  await scene.api.set('staging/api/timeout_ms', '77');
  await expect(rowOf(page, 'api/timeout_ms')).text('77');
  await scene.api.set('staging/new/name', 'fresh');
  await expect(rows(page)).count(10);
  await scene.api.delete('staging/new/name');
  await expect(rows(page)).count(9);
});

inBrowser('everything is shown as it was at a point', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?prefix=prod/checkout/&at=4');
  await expect(rows(page)).count(4);
  await expect(rowOf(page, 'log_level')).visible();
  await expect(rowOf(page, 'timeout_ms')).text('1500');
  await expect(timeBar(page)).text('You see the past');
  await expect(slider(page)).attribute('aria-valuenow', '4');
  assert.equal(await button(page, 'New value').count(), 0, 'nothing is edited in the past');
  await scene.checkAccessibility();
  await page.getByLabel(/Only what changed since/).check();
  await expect(rows(page)).count(4);
  await button(page, 'Back to now').click();
  await expect(rows(page)).count(3);
});

inBrowser('back and forward walk through what was looked at', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await folder(page, 'prod').click();
  await expect(rows(page)).count(9);
  await rowOf(page, 'checkout/timeout_ms').getByRole('link').click();
  await expect(button(page, 'Edit')).visible();
  await page.goBack();
  await expect(rows(page)).count(9);
  await page.goBack();
  await expect(rows(page)).count(18);
  await page.goForward();
  await expect(rows(page)).count(9);
  await page.goForward();
  await expect(button(page, 'Edit')).visible();
  await page.reload();
  await expect(page.getByLabel('Stored text')).text('15');
});

inBrowser('a new value is written after a review', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?prefix=prod/');
  await button(page, 'New value').click();
  await scene.checkAccessibility();
  const name = page.getByLabel('Name', { exact: true });
  await expect(name).value('prod/');
  await name.fill('prod/../x');
  await expect(page.getByRole('dialog')).text('must not be');
  await name.fill('prod/search/url');
  await button(page, 'Continue').click();
  await page.getByLabel('Value', { exact: true }).fill('https://search.internal');
  await button(page, 'Save').click();
  await page.getByLabel('Reason', { exact: true }).fill('search is new');
  await button(page, 'Commit').click();
  await expect(status(page)).text('prod/search/url');
  const item = await eventually(() => scene.api.item('prod/search/url'), (found) => assert.equal(found.version, 1));
  assert.deepEqual([item.value, item.reason], ['https://search.internal', 'search is new']);
});
