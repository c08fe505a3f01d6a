// Compare: two points of the log, or two folders, by name; and putting either side back.

import assert from 'node:assert/strict';

import { button, dialog, field, section, slider, status } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const differences = (page) => page.getByRole('list', { name: 'Differences' }).getByRole('listitem');
const kind = (page, name) => page.getByRole('group', { name: 'Kind' }).getByRole('button', { name });

inBrowser('two points are compared by name and kind', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/diff?from=4&prefix=prod/');
  await expect(differences(page)).count(4);
  await expect(differences(page).filter({ hasText: 'prod/checkout/log_level' })).text('removed');
  await expect(differences(page).filter({ hasText: 'prod/checkout/timeout_ms' })).text(/1500[^]*15/);
  await scene.checkAccessibility();
  await kind(page, /^Removed/).click();
  await expect(differences(page)).count(1);
  await kind(page, /^All/).click();
  await page.getByRole('searchbox', { name: 'Filter names and values' }).fill('db-2');
  await expect(differences(page)).count(1);
  await expect(page.locator('main')).text('1 of 4 differences match');
  await page.waitForURL(/q=db-2/);
  await page.reload();
  await expect(differences(page)).count(1);
});

inBrowser('d compares the shown point with now', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?at=5&prefix=prod/checkout/');
  await expect(page.getByText('You see the past')).visible();
  await page.keyboard.press('d');
  await expect(differences(page)).count(2);
  assert.match(page.url(), /#\/diff\?from=5&prefix=prod%2Fcheckout%2F/);
});

inBrowser('both handles of the time bar move the points', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/diff?from=4');
  await expect(differences(page)).count(4);
  await slider(page).press('ArrowRight');
  await slider(page).press('ArrowRight');
  await expect(differences(page)).count(1);
  await page.getByRole('slider', { name: 'Until' }).press('ArrowLeft');
  await expect(page.getByText('Nothing differs')).visible();
  await page.waitForURL(/from=6&to=6/);
  await scene.checkAccessibility();
});

inBrowser('either side is restored, and so is one name', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/diff?from=4&prefix=prod/checkout/');
  const row = differences(page).filter({ hasText: 'log_level' });
  if (await button(row, 'Restore this version').count() === 0) await row.getByRole('button').first().click();
  await button(row, 'Restore this version').click();
  await button(dialog(page), 'Confirm').click();
  await expect(status(page)).text('Restored');
  await expect(differences(page)).count(3);
  assert.equal((await api.item('prod/checkout/log_level')).value, 'info');
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '15');
  await button(page.getByRole('main'), 'Restore to here').click();
  await button(dialog(page), 'Confirm').click();
  await expect(page.getByText('Nothing differs')).visible();
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '1500');
});

inBrowser('two folders are compared, and what differs goes into the change set', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/diff');
  await button(page, 'Two prefixes').click();
  await field(page, 'Left prefix').fill('staging/');
  await field(page, 'Left prefix').press('Enter');
  await field(page, 'Right prefix').fill('prod/');
  await field(page, 'Right prefix').press('Enter');
  await expect(differences(page)).count(5);
  await scene.checkAccessibility();
  await page.getByRole('searchbox', { name: 'Filter names and values' }).fill('timeout');
  await expect(differences(page)).count(1);
  await button(page, 'Add to change set').first().click();
  await expect(status(page)).text('1 edit in the change set');
  await section(page, 'Change set').click();
  await field(page, 'Reason').fill('as in staging');
  await button(page, 'Commit').click();
  await expect(status(page)).text('Committed');
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '1500');
});

inBrowser('a point that is not one is explained', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/diff?from=4');
  const from = page.getByRole('textbox', { name: 'From' });
  await from.fill('last tuesday');
  await from.press('Enter');
  await expect(page.locator('.field-error')).text(/./);
  await scene.checkAccessibility();
});
