// How the console starts: its size, the empty store, sign-in, and what becomes of a token.

import assert from 'node:assert/strict';

import { alert, button, field, grid, rowOf, rows, section, slider, status } from './lib/elements.js';
import { ROOT, expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const FIRST_VIEW_BYTES_MAX = 60_000;

inBrowser('the first view is small', { seed: (api) => api.fill(100, (index) => `app/${index}`) }, async (scene) => {
  const { page } = scene;
  const bodies = [];
  // The moment is taken in the page, because the page goes on to load what it needs later.
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector('[role=grid]') || !document.querySelector('[role=slider]')) return;
      watch.disconnect();
      window.shownAt = Date.now();
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  page.on('requestfinished', (request) => {
    const path = new URL(request.url()).pathname;
    const begun = request.timing().startTime;
    if (path.startsWith('/console/')) bodies.push(request.sizes().then(({ responseBodySize }) => ({ path, begun, size: responseBodySize })));
  });
  await scene.open();
  await expect(grid(page)).visible();
  await expect(slider(page)).visible();
  const shownAt = await page.evaluate(() => window.shownAt);
  const files = (await Promise.all(bodies)).filter(({ begun }) => begun <= shownAt).sort((a, b) => b.size - a.size);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  scene.measured(`the first view: ${bytes} bytes in ${files.length} files`);
  const list = files.slice(0, 20).map(({ path, size }) => `${size} ${path}`).join('\n');
  assert.ok(files.length > 5 && bytes < FIRST_VIEW_BYTES_MAX, `${bytes} bytes:\n${list}`);
});

inBrowser('an empty store explains itself and loads an example', {}, async (scene) => {
  const { page } = scene;
  await scene.open();
  await expect(page.getByText('Nothing is stored yet')).visible();
  await scene.checkAccessibility();
  await button(page, 'Load an example').click();
  await expect(rowOf(page, 'prod/checkout/timeout_ms')).visible();
  await expect(status(page)).text('The last change went wrong');
  assert.equal(await scene.api.head(), 4);
});

inBrowser('the address of the server leads to the console', { seed: incident }, async ({ page, server }) => {
  await page.goto(`${server.url}/`);
  await expect(grid(page)).visible();
  assert.equal(new URL(page.url()).pathname, '/console/');
});

inBrowser('a link leads through sign-in to the view that it names', { closed: true, seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms?at=3');
  await expect(page.getByRole('heading', { name: 'Sign in' })).visible();
  await scene.checkAccessibility();
  scene.watch.expect(401, /whoami/);
  await scene.signIn('not a token');
  await expect(alert(page)).text('does not know this token');
  await scene.checkAccessibility();
  await scene.signIn(ROOT);
  await expect(page.getByLabel('Stored text')).text('1500');
  assert.match(page.url(), /#\/value\/prod\/checkout\/timeout_ms\?at=3$/);
});

inBrowser('a token is kept in the tab alone, and sent in no address', { closed: true, seed: incident }, async (scene) => {
  const { page } = scene;
  const addresses = [];
  page.on('request', (request) => addresses.push(request.url()));
  await scene.open();
  await scene.signIn(ROOT);
  await expect(grid(page)).visible();
  await section(page, 'Changes').click();
  await page.reload();
  await expect(section(page, 'Changes')).attribute('aria-current', 'page');
  assert.ok(addresses.length > 10 && addresses.every((address) => !address.includes(ROOT)));
  const kept = await page.evaluate(() => ({ local: JSON.stringify(localStorage), session: JSON.stringify(sessionStorage), cookie: document.cookie }));
  assert.ok(kept.session.includes(ROOT) && !kept.local.includes(ROOT) && kept.cookie === '');
  const other = await page.context().newPage();
  await other.goto(`${scene.server.url}/console/`);
  await expect(other.getByRole('heading', { name: 'Sign in' })).visible();
});

inBrowser('signing out forgets the token and the change set', { closed: true, seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms');
  await scene.signIn(ROOT);
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('4711');
  await button(page, 'Add to change set').click();
  await expect(section(page, 'Change set')).text('1');
  await button(page, 'Sign out').click();
  await expect(field(page, 'Token')).visible();
  assert.deepEqual(await page.evaluate(() => ({ ...sessionStorage })), {});
  await scene.signIn(ROOT);
  await section(page, 'Change set').click();
  await expect(page.getByText('The change set is empty')).visible();
  await button(page, 'Sign out').click();
  await page.reload();
  await expect(field(page, 'Token')).visible();
});

inBrowser('a token sees only its own part of the tree', {
  closed: true,
  seed: incident,
}, async (scene) => {
  const { page } = scene;
  const token = await scene.api.newToken('staging-team', [{ prefix: 'staging/', actions: ['read', 'write'] }]);
  await scene.open();
  await scene.signIn(token);
  await expect(rows(page)).count(9);
  await expect(grid(page)).text('staging/api/log_level');
  assert.ok(!(await page.content()).includes('prod/checkout'));
});
