// A hundred thousand names: how much work the page does, and how smoothly it scrolls.

import assert from 'node:assert/strict';

import { folder, grid, rowOf, rows, search, slider, timeBar, tree } from './lib/elements.js';
import { eventually } from './lib/expect.js';
import { traced } from './lib/frames.js';
import { expect, inBrowser } from './lib/scene.js';

const NAMES = 100_000;
/** However many names there are, so many rows exist at most. */
const ROWS_MAX = 100;
const name = (index) => `fleet/region-${String(index % 20).padStart(2, '0')}/host-${String(index).padStart(6, '0')}/config`;

async function many(api) {
  await api.fill(NAMES, name);
  await api.set(name(77_777), 'the last change');
}

inBrowser('a hundred thousand names are searched, walked and scrolled with a few rows at a time', { seed: many }, async (scene) => {
  const { page } = scene;
  const requests = [];
  page.on('request', (request) => requests.push(new URL(request.url())));
  await scene.open();
  await expect(grid(page)).attribute('aria-rowcount', String(NAMES + 1));
  const lists = requests.filter(({ pathname, searchParams }) => pathname === '/v1/config' && searchParams.get('values') === 'false');
  assert.ok(lists.length <= NAMES / 10_000 + 2, `${lists.length} pages of names`);
  assert.ok(requests.every(({ pathname, searchParams }) => pathname !== '/v1/config' || searchParams.has('limit')), 'no list is loaded whole');
  assert.ok(await rows(page).count() <= ROWS_MAX);

  const frames = await traced(page, async () => {
    const { x, y, width, height } = await grid(page).boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    for (let step = 0; step < 60; step += 1) await page.mouse.wheel(0, 700);
  });
  scene.measured(`scrolling ${NAMES} names: ${frames}`);
  assert.ok(await grid(page).evaluate((element) => element.scrollTop) > 10_000);
  assert.ok(await rows(page).count() <= ROWS_MAX);

  await grid(page).evaluate((element) => { element.scrollTop = element.scrollHeight; });
  await expect(rowOf(page, name(NAMES - 1))).visible();
  await grid(page).focus();
  await page.keyboard.press('Home');
  await expect(rowOf(page, name(0))).visible();

  await search(page).fill('host-077777');
  await expect(rows(page)).count(1);
  await expect(rows(page)).text('the last change');
  await search(page).fill('');
  await folder(page, 'fleet').click();
  await folder(page, 'region-07').click();
  await expect(grid(page)).attribute('aria-rowcount', String(NAMES / 20 + 1));
  assert.ok(await tree(page).getByRole('treeitem').count() <= ROWS_MAX);
});

inBrowser('another instant is shown without loading the list again', { seed: many }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?q=host-077777');
  await expect(rows(page)).text('the last change');
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  const began = performance.now();
  await slider(page).press('ArrowLeft');
  await expect(rows(page)).text('77777');
  scene.measured(`the state before the newest change of ${NAMES} names: shown after ${Math.round(performance.now() - began)} ms`);
  await expect(timeBar(page)).text('You see the past');
  const lists = requests.filter((url) => url.includes('/v1/config?') && url.includes('values=false'));
  assert.ok(lists.length <= 2, `${lists.length} requests for lists: ${lists.join(' ')}`);
});

inBrowser('ten thousand names are there at once, and so is another instant', {
  seed: async (api) => {
    await api.fill(10_000, name);
    await api.set(name(0), 'the last change');
  },
}, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(rowOf(page, name(0))).text('the last change');
  // Measured in the page, from the start of the navigation: the first row has its value.
  const usable = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await page.reload({ waitUntil: 'commit' });
    usable.push(await page.evaluate(() => new Promise((resolve) => {
      const look = () => (document.querySelector('[role=grid]')?.innerText.includes('the last change') && document.querySelector('[role=slider]')
        ? resolve(performance.now()) : requestAnimationFrame(look));
      look();
    })));
  }
  const shown = [];
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowLeft', 'ArrowRight']) {
    shown.push(await slider(page).evaluate((element, pressed) => new Promise((resolve) => {
      const began = performance.now();
      const wanted = pressed === 'ArrowRight';
      element.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true, cancelable: true }));
      const look = () => (document.querySelector('[role=grid]').innerText.includes('the last change') === wanted
        ? resolve(performance.now() - began) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    }), key));
  }
  const times = (list) => list.map((time) => Math.round(time)).sort((a, b) => a - b).join(', ');
  scene.measured(`10,000 names: usable after ${times(usable)} ms; another instant after ${times(shown)} ms`);
  assert.ok(await rows(page).count() <= ROWS_MAX);
});

inBrowser('ten thousand changes at once reach an open page as one', { seed: (api) => api.fill(1_000, name) }, async (scene) => {
  const { page, api } = scene;
  await scene.open();
  await expect(grid(page)).attribute('aria-rowcount', '1001');
  await api.fill(10_000, name, () => 'again');
  await eventually(() => grid(page).getAttribute('aria-rowcount'), (count) => assert.equal(count, '10001'));
  assert.ok(await rows(page).count() <= ROWS_MAX);
});
