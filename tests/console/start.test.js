// How the console starts: its page, its size, sign-in, and the empty store.

import assert from 'node:assert/strict';

import { ROOT, expect, inBrowser } from './lib/scene.js';

const FIRST_VIEW_BYTES_MAX = 60_000;

inBrowser('the first view is small', { seed: (api) => api.fill(100, (index) => `app/${index}`) }, async (scene) => {
  const bodies = [];
  scene.page.on('requestfinished', (request) => {
    if (new URL(request.url()).pathname.startsWith('/console/')) bodies.push(request.sizes().then((sizes) => sizes.responseBodySize));
  });
  await scene.open();
  await expect(scene.page.getByRole('grid', { name: 'Values' })).visible();
  await expect(scene.page.getByRole('slider', { name: 'Point in time' })).visible();
  const bytes = (await Promise.all(bodies)).reduce((sum, size) => sum + size, 0);
  scene.t.diagnostic(`the first view is ${bytes} bytes in ${bodies.length} files`);
  assert.ok(bodies.length > 5 && bytes < FIRST_VIEW_BYTES_MAX, `${bytes} bytes`);
  await scene.checkAccessibility();
});
