// The server goes away and comes back, a token ends, a server is upgraded: the page says so and goes on by itself.

import assert from 'node:assert/strict';

import { button, feed, field, grid, rowOf, rows, section, status } from './lib/elements.js';
import { ROOT, expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

inBrowser('the server is killed and comes back under an open page', { seed: incident }, async (scene) => {
  const { page, server, api } = scene;
  await scene.open('#/?prefix=prod/checkout/');
  await expect(rows(page)).count(3);
  await scene.outage(async () => {
    await server.kill();
    await expect(status(page)).text('offline');
    await expect(rows(page)).count(3);
    await scene.checkAccessibility();
    await server.start();
    await api.set('prod/checkout/timeout_ms', '1234');
    await expect(rowOf(page, 'timeout_ms')).text('1234');
    await expect(status(page).getByText(/offline/)).gone();
  });
  await section(page, 'Changes').click();
  await expect(feed(page).getByRole('article')).count(8);
});

inBrowser('a view that is opened while the server is away loads when it is back', { seed: incident }, async (scene) => {
  const { page, server } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms');
  await expect(button(page, 'Edit')).visible();
  await section(page, 'Browse').click();
  await expect(grid(page)).visible();
  await scene.outage(async () => {
    await server.kill();
    await page.evaluate(() => { location.hash = '#/value/staging/api/log_level'; });
    await expect(page.getByRole('alert')).text('does not answer');
    await scene.checkAccessibility();
    await server.start();
    await expect(page.getByLabel('Stored text')).text('debug');
  });
});

inBrowser('a write that the server did not answer is written once', { seed: incident }, async (scene) => {
  const { page, server, api } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms');
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('777');
  await button(page, 'Save').click();
  await scene.outage(async () => {
    await server.kill();
    await button(page, 'Commit').click();
    await server.start();
    await expect(status(page)).text('Saved');
  });
  assert.deepEqual([(await api.item('prod/checkout/timeout_ms')).value, await api.head()], ['777', 8]);
});

inBrowser('a token that is revoked under an open page leads to sign-in and back', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  const token = await api.newToken('guest', [{ prefix: '', actions: ['read', 'write'] }]);
  await scene.open('#/value/prod/checkout/timeout_ms');
  await scene.signIn(token);
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('4321');
  const { id } = (await api.get('/v1/tokens')).find(({ name }) => name === 'guest');
  scene.watch.expect(401, /./);
  await api.call('DELETE', `/v1/tokens/${id}`);
  await expect(page.getByRole('heading', { name: 'Sign in' })).visible();
  await expect(page.getByText('Your token is no longer accepted')).visible();
  await scene.checkAccessibility();
  await scene.signIn(ROOT);
  await expect(field(page, 'Value')).value('4321');
});

inBrowser('a token that expires under an open page leads to sign-in', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  const token = await api.newToken('short', [{ prefix: 'prod/', actions: ['read'] }], { expires_in: '5s' });
  await scene.open('#/?prefix=prod/');
  await scene.signIn(token);
  await expect(rows(page)).count(9);
  scene.watch.expect(401, /./);
  // The server ends the event stream where it is.
  await scene.outage(() => expect(page.getByText('Your token is no longer accepted')).visible());
  await scene.signIn(ROOT);
  await expect(rows(page)).count(9);
});

inBrowser('what a token may not do is said in plain words', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  const token = await api.newToken('reader', [{ prefix: '', actions: ['read'] }]);
  await scene.open('#/value/prod/checkout/timeout_ms');
  await scene.signIn(token);
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('1');
  await button(page, 'Save').click();
  scene.watch.expect(403, /timeout_ms/);
  await button(page, 'Commit').click();
  await expect(page.getByRole('alert')).text(/write/);
  await scene.checkAccessibility();
});

inBrowser('a page that is open while the server is upgraded says to load it again', { seed: incident }, async (scene) => {
  const { page } = scene;
  // Another release has other files: those that this page has not loaded yet are gone.
  await page.route(/\/console\/[0-9a-f]+\/views\/operations\.js/, async (route) => {
    const response = await route.fetch({ url: route.request().url().replace(/\/console\/[0-9a-f]+\//, '/console/0123456789abcdef/') });
    await route.fulfill({ response });
  });
  scene.watch.expect(404, /operations/);
  await scene.open();
  await section(page, 'Operations').click();
  await expect(page.getByText('This part of the console did not load')).visible();
  await scene.checkAccessibility();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Load the console again' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Operations' })).visible();
});
