// Texts of others stay texts: names, values, reasons and actors that are markup, in every view.

import assert from 'node:assert/strict';

import { button, field, status } from './lib/elements.js';
import { ROOT, expect, inBrowser } from './lib/scene.js';
import { MARKUP } from './lib/stories.js';

async function hostile(api) {
  for (const [index, text] of MARKUP.entries()) {
    await api.set(`m/${index}/${text}`, text, { reason: text });
    await api.set(`m/${index}/json`, JSON.stringify({ [text]: text }), { content_type: 'application/json', reason: text });
  }
}

const ADDRESSES = [
  '#/', '#/?q=<b>', '#/?prefix=m/0/', '#/?at=3',
  ...MARKUP.map((text, index) => `#/value/m/${index}/${encodeURIComponent(text)}`),
  '#/value/m/0/json', `#/history/m/1/${encodeURIComponent(MARKUP[1])}`, '#/diff?from=0', '#/diff?from=0&q=<script>',
  '#/changes', '#/changes?open=3', `#/changes?actor=${encodeURIComponent(MARKUP[0])}`, '#/changeset', '#/import', '#/access', '#/operations',
  `#/${encodeURIComponent(MARKUP[0])}`,
];

inBrowser('markup in names, values, reasons and actors stays text in every view', { closed: true }, async (scene) => {
  const { page, api } = scene;
  const scopes = [{ prefix: '', actions: ['read', 'write', 'admin'] }];
  const token = await api.newToken(MARKUP[0], scopes);
  await hostile(scene.server.api(token));
  await scene.open();
  await scene.signIn(ROOT);
  const own = await page.evaluate(() => document.querySelectorAll('script, style, link').length);
  for (const address of ADDRESSES) {
    await page.evaluate((hash) => { location.hash = hash; }, address);
    await expect(page.getByRole('heading', { level: 1 }).first()).visible();
    await expect(page.locator('[aria-busy=true]')).count(0);
    const made = await page.evaluate(() => ({
      images: document.querySelectorAll('img, b, iframe, object').length,
      scripts: document.querySelectorAll('body script, body style').length,
      hacked: window.hacked,
    }));
    assert.deepEqual(made, { images: 0, scripts: 0, hacked: undefined }, address);
  }
  assert.ok(own > 0);
});

inBrowser('a value that is markup is shown and edited as it is', { seed: hostile }, async (scene) => {
  const { page, api } = scene;
  await scene.open(`#/value/m/0/${encodeURIComponent(MARKUP[0])}`);
  await expect(page.getByLabel('Stored text')).text(MARKUP[0]);
  await button(page, 'Edit').click();
  await expect(field(page, 'Value')).value(MARKUP[0]);
  await field(page, 'Value').fill(MARKUP[1]);
  await button(page, 'Save').click();
  await expect(page.locator('.diff')).text(MARKUP[1]);
  await field(page, 'Reason').fill(MARKUP[2]);
  await button(page, 'Commit').click();
  await expect(status(page)).text(MARKUP[0]);
  const item = await api.item(`m/0/${MARKUP[0]}`);
  assert.deepEqual([item.value, item.reason], [MARKUP[1], MARKUP[2]]);
});

inBrowser('characters that cannot be seen are shown by their code points', {
  seed: (api) => api.set('app/file', 'a\u200bb \u202egnp.exe', { reason: 'a \u202e reason' }),
}, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/app/file');
  await expect(page.getByLabel('Stored text')).text(/200B[^]*202E/i);
  await expect(page.locator('main')).text(/202E[^]*reason/i);
  await scene.open();
  await expect(page.getByRole('grid', { name: 'Values' })).text(/202E/i);
});

inBrowser('links in texts are not links', { seed: (api) => api.set('app/url', 'https://evil.example/', { reason: 'see https://evil.example/' }) }, async (scene) => {
  const { page } = scene;
  for (const hash of ['#/', '#/value/app/url', '#/changes', '#/history/app/url']) {
    await scene.open(hash);
    await expect(page.locator('main')).text('evil.example');
    const away = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((link) => link.href).filter((href) => !href.startsWith(location.origin)));
    assert.deepEqual(away, [], hash);
  }
});
