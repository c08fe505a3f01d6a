// The time bar: keys, links, the past everywhere, restoring to a point, and the way back.

import assert from 'node:assert/strict';

import { button, dialog, field, grid, rowOf, rows, slider, status, timeBar } from './lib/elements.js';
import { eventually } from './lib/expect.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const CLICKS_MAX = 8;

inBrowser('the slider moves by change, and says where it is', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?prefix=prod/checkout/');
  await expect(slider(page)).attribute('aria-valuetext', /^now, revision 7, .*by anonymous/);
  await page.keyboard.press('t');
  await expect(slider(page)).focused();
  await slider(page).press('ArrowLeft');
  await expect(slider(page)).attribute('aria-valuetext', /^revision 6, .*by anonymous/);
  await expect(rows(page)).count(4);
  await slider(page).press('ArrowLeft');
  await slider(page).press('ArrowLeft');
  await expect(slider(page)).attribute('aria-valuenow', '4');
  await expect(rowOf(page, 'timeout_ms')).text('1500');
  await page.waitForURL(/at=4/);
  await slider(page).press('Home');
  await expect(slider(page)).attribute('aria-valuetext', 'revision 0, before the first change');
  await expect(page.getByText('Nothing was here then')).visible();
  await slider(page).press('ArrowRight');
  await expect(slider(page)).attribute('aria-valuenow', '1');
  await slider(page).press('End');
  await expect(slider(page)).attribute('aria-valuetext', /^now/);
  await expect(rows(page)).count(3);
});

inBrowser('the handle is dragged along the plot', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(slider(page)).visible();
  const plot = await timeBar(page).locator('.plot').boundingBox();
  const middle = plot.y + plot.height / 2;
  const handle = await slider(page).boundingBox();
  await page.mouse.move(handle.x + handle.width / 2, middle);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width / 2, middle, { steps: 8 });
  await expect(timeBar(page)).text('You see the past');
  await page.mouse.move(plot.x + 1, middle, { steps: 8 });
  await expect(slider(page)).attribute('aria-valuenow', '0');
  await page.mouse.move(plot.x + plot.width - 1, middle, { steps: 8 });
  await page.mouse.up();
  await expect(slider(page)).attribute('aria-valuetext', /^now/);
});

inBrowser('on call: find the burst, see it, put a folder back, undo it', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  let clicks = 0;
  const click = async (locator) => {
    clicks += 1;
    await locator.click();
  };
  await scene.open();
  await click(page.getByRole('treeitem').filter({ hasText: 'prod' }).first());
  // Three steps of the keyboard count as one gesture, as a drag does.
  clicks += 1;
  for (let step = 0; step < 3; step += 1) await slider(page).press('ArrowLeft');
  await expect(slider(page)).attribute('aria-valuenow', '4');
  await click(page.getByRole('link', { name: 'Compare with now' }));
  await expect(page.getByRole('list', { name: 'Differences' })).text('prod/checkout/timeout_ms');
  await expect(page.getByRole('list', { name: 'Differences' }).getByRole('listitem')).count(4);
  await scene.checkAccessibility();
  await click(button(page.getByRole('main'), 'Restore to here'));
  await expect(dialog(page)).text('prod/checkout/timeout_ms');
  await field(dialog(page), 'Reason').fill('the rollout broke the checkout');
  await scene.checkAccessibility();
  await click(button(dialog(page), 'Confirm'));
  await expect(status(page)).text(/Restored 4 values/);
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '1500');
  assert.equal((await api.item('prod/checkout/log_level')).value, 'info');
  assert.equal(await api.head(), 8, 'one change');
  await click(button(status(page), 'Undo'));
  await click(button(dialog(page), 'Confirm'));
  await expect(status(page)).text('Undid revision 8');
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '15');
  assert.equal(await api.head(), 9);
  scene.measured(`on call: ${clicks} clicks from the first view to the undo`);
  assert.ok(clicks <= CLICKS_MAX, `${clicks} clicks`);
});

inBrowser('restoring where nothing differs says so and writes nothing', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/?prefix=staging/&at=4');
  await button(page, 'Restore to here').click();
  await expect(dialog(page)).text('already');
  assert.equal(await button(dialog(page), 'Confirm').count(), 0);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).gone();
  assert.equal(await api.head(), 7);
});

inBrowser('everything is restored where no folder is chosen', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/?at=4');
  await button(page, 'Restore to here').click();
  await expect(dialog(page)).text('Everything');
  await button(dialog(page), 'Confirm').click();
  await expect(status(page)).text('Restored 4 values');
  await expect(slider(page)).attribute('aria-valuetext', /^now/);
  await expect(rows(page)).count(19);
  assert.equal((await api.item('prod/checkout/features')).value, '{"new_cart":false,"rollout":0}');
});

inBrowser('the plot is there as a table', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await button(timeBar(page), 'Show the time bar as a table').click();
  await expect(dialog(page).getByRole('table')).visible();
  const cells = await dialog(page).getByRole('row').locator('td:nth-child(3)').allInnerTexts();
  assert.equal(cells.reduce((sum, cell) => sum + Number(cell), 0), 7);
  await scene.checkAccessibility();
  await dialog(page).getByRole('button', { name: /Show the state before revision/ }).first().click();
  await expect(timeBar(page)).text('You see the past');
});

inBrowser('an instant and an age are points too', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  const { created_at: instant } = (await api.get('/v1/events?after=3&limit=1')).changes[0];
  await scene.open(`#/?prefix=prod/checkout/&at=${encodeURIComponent(instant)}`);
  await expect(rows(page)).count(4);
  await expect(rowOf(page, 'timeout_ms')).text('1500');
  await scene.open('#/?at=1day');
  await expect(page.getByText('Nothing was here then')).visible();
});

inBrowser('the past stays where it is while others write', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/?prefix=prod/checkout/&at=4');
  await expect(rows(page)).count(4);
  await api.set('prod/checkout/another', '1');
  await expect(timeBar(page)).text('4 changes ago');
  await expect(rows(page)).count(4);
  await expect(grid(page)).text('1500');
});
