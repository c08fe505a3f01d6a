// Every view in light and dark, narrow and wide: axe finds nothing, nothing sticks out, nothing moves.
//
// The screenshots stay in the work folder, for people to look at.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { button, field } from './lib/elements.js';
import { WORK } from './lib/packages.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const VIEWS = {
  browse: '#/',
  folder: '#/?prefix=prod/checkout/',
  past: '#/?at=4&prefix=prod/',
  value: '#/value/prod/checkout/features',
  history: '#/history/prod/checkout/timeout_ms',
  compare: '#/diff?from=4',
  prefixes: '#/diff?prefix=staging/&with=prod/',
  changes: '#/changes?open=5',
  changeset: '#/changeset',
  import: '#/import',
  export: '#/import?tab=export&prefix=prod/',
  access: '#/access',
  operations: '#/operations',
  unknown: '#/nowhere',
};
const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1440, height: 900 } };

async function settled(page) {
  await expect(page.getByRole('heading', { level: 1 }).first()).visible();
  await expect(page.locator('main [aria-busy=true]')).count(0);
}

/** The parts that are wider than the window, but for those that scroll by themselves. */
function tooWide() {
  const scrolls = (element) => element && (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element.parentElement))
    .map((element) => `${element.tagName}.${element.className}`);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  inBrowser(`every view fits a ${size}, in light and dark`, { seed: incident }, async (scene) => {
    const { page } = scene;
    const folder = join(WORK, 'views');
    await mkdir(folder, { recursive: true });
    await page.setViewportSize(viewport);
    for (const [view, address] of Object.entries(VIEWS)) {
      await scene.open(address);
      scene.t.diagnostic(view);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await settled(page);
        await scene.checkAccessibility().catch((error) => { throw new Error(`${view} ${colorScheme}: ${error.message}`); });
        assert.deepEqual(await page.evaluate(tooWide), [], `${view} ${colorScheme}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} scrolls sideways`);
        const moving = await page.evaluate(() => document.getAnimations().filter((each) => each.effect.getComputedTiming().duration > 20).length);
        assert.equal(moving, 0, `${view} moves although less motion is asked for`);
        await page.screenshot({ path: join(folder, `${view}-${size}-${colorScheme}.png`) });
      }
    }
  });
}

inBrowser('a screen of 4K is filled', { seed: incident }, async (scene) => {
  const { page } = scene;
  await page.setViewportSize({ width: 3840, height: 2160 });
  for (const address of ['#/', '#/changes', '#/value/prod/checkout/features']) {
    await scene.open(address);
    await settled(page);
    const width = await page.locator('main').evaluate((element) => element.clientWidth);
    assert.ok(width > 3000, `${width}`);
    assert.deepEqual(await page.evaluate(tooWide), [], address);
  }
});

inBrowser('the theme is chosen once, and kept', { seed: incident }, async (scene) => {
  const { page } = scene;
  await page.emulateMedia({ colorScheme: 'light' });
  await scene.open();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  const toggle = page.getByRole('banner').getByRole('button').last();
  for (let turn = 0; turn < 3 && await background() === light; turn += 1) await toggle.click();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  await settled(page);
  assert.equal(await background(), dark);
});

inBrowser('an editor on a phone has its buttons in reach', { seed: incident }, async (scene) => {
  const { page } = scene;
  await page.setViewportSize(SIZES.phone);
  await scene.open('#/value/prod/checkout/features');
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('{"new_cart": false}');
  await button(page, 'Save').click();
  await scene.checkAccessibility();
  await button(page, 'Commit').scrollIntoViewIfNeeded();
  assert.deepEqual(await page.evaluate(tooWide), []);
});
