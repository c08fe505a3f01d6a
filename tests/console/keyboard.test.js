// Everything by the keyboard: single keys, the help, where the focus goes, and turning single keys off.

import assert from 'node:assert/strict';

import { button, dialog, feed, field, grid, rows, search, section, slider, status, tree } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

inBrowser('single keys lead where the help says', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(rows(page)).count(18);
  await page.keyboard.press('?');
  await expect(dialog(page)).text('Search names');
  await scene.checkAccessibility();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).gone();
  await page.keyboard.press('t');
  await expect(slider(page)).focused();
  await page.keyboard.press('/');
  await expect(search(page)).focused();
  await page.keyboard.type('get?');
  await expect(search(page)).value('get?');
  await search(page).fill('');
  await grid(page).focus();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(feed(page)).visible();
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await expect(grid(page)).visible();
  await page.keyboard.press('n');
  await expect(dialog(page)).text('New value');
});

inBrowser('a value is found, edited and written without a mouse', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open();
  await expect(rows(page)).count(18);
  await page.keyboard.press('/');
  await page.keyboard.type('checkout/timeout');
  await expect(rows(page)).count(2);
  await grid(page).focus();
  await page.keyboard.press('Enter');
  await expect(button(page, 'Edit')).visible();
  await page.keyboard.press('e');
  await expect(field(page, 'Value')).focused();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('4500');
  await button(page, 'Save').focus();
  await page.keyboard.press('Enter');
  await expect(field(page, 'Reason')).focused();
  await page.keyboard.type('by hand');
  await page.keyboard.press('Enter');
  await expect(status(page)).text('Saved prod/checkout/timeout_ms');
  const item = await api.item('prod/checkout/timeout_ms');
  assert.deepEqual([item.value, item.reason], ['4500', 'by hand']);
});

inBrowser('Tab reaches every part of browse, each with a visible focus', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(rows(page)).count(18);
  await page.locator('body').evaluate(() => document.activeElement?.blur());
  const seen = new Set();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      // A tree and a grid show the focus on their active row.
      const part = document.getElementById(element.getAttribute('aria-activedescendant')) ?? element;
      const style = getComputedStyle(part);
      const shown = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || element.matches('input, .handle');
      return { name: element.getAttribute('aria-label') || element.innerText || element.type, shown };
    });
    if (!at) break;
    assert.ok(at.shown, `no focus is visible on ${at.name}`);
    seen.add(at.name.trim());
  }
  for (const name of ['Skip to the content', 'Point in time', 'Names', 'Search names', 'Values', 'New value']) {
    assert.ok(seen.has(name), `${name} is not among ${[...seen].join(', ')}`);
  }
});

inBrowser('a dialog keeps the focus and gives it back', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/staging/api/log_level');
  await button(page, 'Delete').focus();
  await page.keyboard.press('Enter');
  await expect(button(dialog(page), 'Confirm')).visible();
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))));
  }
  await page.keyboard.press('Escape');
  await expect(dialog(page)).gone();
  await expect(button(page, 'Delete')).focused();
});

inBrowser('single keys can be turned off', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(rows(page)).count(18);
  await page.keyboard.press('?');
  await dialog(page).getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.keyboard.press('t');
  assert.equal(await dialog(page).count(), 0);
  assert.ok(!await slider(page).evaluate((element) => element === document.activeElement));
  assert.ok(await tree(page).count());
  await section(page, 'Changes').focus();
  await page.keyboard.press('Enter');
  await expect(feed(page)).visible();
});
