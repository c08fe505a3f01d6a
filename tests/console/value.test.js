// One value: reading, editing with a review, deleting, its history, secrets, and two people at once.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { alert, button, dialog, feed, field, section, slider, status, timeBar } from './lib/elements.js';
import { eventually } from './lib/expect.js';
import { ROOT, expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const stored = (page) => page.getByLabel('Stored text');

inBrowser('a value is read first: formatted JSON, version, actor, time and reason', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/prod/checkout/features');
  await expect(stored(page)).text(/{\s+"new_cart": true,\s+"rollout": 100\s+}/);
  await expect(page.locator('main')).text(/Version\s+2/);
  await expect(page.locator('main')).text('anonymous');
  await expect(page.locator('main')).text('roll out the new checkout');
  await button(page, 'As stored').click();
  await expect(stored(page)).text('{"new_cart":true,"rollout":100}');
  await scene.checkAccessibility();
});

inBrowser('an edit is reviewed, written with its reason, and can be undone', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms');
  await expect(button(page, 'Edit')).visible();
  await page.keyboard.press('e');
  await expect(button(page, 'Save')).disabled();
  await field(page, 'Value').fill('1500');
  await scene.checkAccessibility();
  await button(page, 'Save').click();
  await expect(page.locator('.diff')).text('15');
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '15', 'a review writes nothing');
  await scene.checkAccessibility();
  await field(page, 'Reason').fill('the checkout timed out');
  await button(page, 'Commit').click();
  await expect(status(page)).text('Saved prod/checkout/timeout_ms');
  await expect(stored(page)).text('1500');
  const item = await api.item('prod/checkout/timeout_ms');
  assert.deepEqual([item.value, item.reason, item.version], ['1500', 'the checkout timed out', 3]);
  await button(status(page), 'Undo').click();
  await button(dialog(page), 'Confirm').click();
  await expect(status(page)).text('Undid revision');
  await expect(stored(page)).text(/^15$/);
});

inBrowser('JSON is checked while it is typed, against the schema too', {
  seed: async (api) => {
    await incident(api);
    await api.call('PUT', '/v1/schemas/prod/checkout/features', { type: 'object', properties: { rollout: { type: 'integer', maximum: 100 } } });
  },
}, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/value/prod/checkout/features');
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('{"rollout": ');
  await expect(page.locator('main')).text(/JSON/i);
  await expect(page.locator('.value-check, [class*=check]').first()).text(/line|position|JSON/i);
  await field(page, 'Value').fill('{"rollout": 500}');
  await expect(page.locator('main')).text(/rollout/);
  await expect(page.locator('main')).text(/100/);
  await button(page, 'Save').click();
  scene.watch.expect(422, /features/);
  await button(page, 'Commit').click();
  await expect(alert(page)).text(/rollout/);
  assert.equal((await api.item('prod/checkout/features')).version, 2);
  await button(page, 'Back to editing').click();
  await field(page, 'Value').fill('{"rollout": 50}');
  await button(page, 'Save').click();
  await button(page, 'Commit').click();
  await expect(status(page)).text('Saved');
});

inBrowser('two browsers edit one value: the second sees both sides and decides', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  const { page: other } = await scene.newPage();
  for (const each of [page, other]) {
    await scene.open('#/value/prod/checkout/timeout_ms', { page: each });
    await button(each, 'Edit').click();
  }
  await field(other, 'Value').fill('2000');
  await field(page, 'Value').fill('3000');
  await button(other, 'Save').click();
  await field(other, 'Reason').fill('theirs');
  await button(other, 'Commit').click();
  await expect(status(other)).text('Saved');
  await expect(page.locator('main')).text(/has changed this value while you edit/);
  await button(page, 'Save').click();
  await button(page, 'Commit').click();
  await expect(page.getByRole('region', { name: 'Theirs' })).text('2000');
  await expect(page.getByRole('region', { name: 'Mine' })).text('3000');
  await scene.checkAccessibility();
  await button(page, 'Keep mine').click();
  await expect(page.locator('.diff')).text('2000');
  await field(page, 'Reason').fill('mine');
  await button(page, 'Commit').click();
  await expect(status(page)).text('Saved');
  await expect(stored(other)).text('3000');
  assert.equal((await api.item('prod/checkout/timeout_ms')).reason, 'mine');
});

inBrowser('after a conflict the other side can be taken', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms');
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('3000');
  await api.set('prod/checkout/timeout_ms', '2000');
  await button(page, 'Save').click();
  await button(page, 'Commit').click();
  await button(page, 'Take theirs').click();
  await expect(stored(page)).text('2000');
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '2000');
});

inBrowser('a deleted value keeps its history, and is restored from it', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/value/staging/api/log_level');
  await button(page, 'Delete').click();
  await expect(dialog(page)).text('will be absent');
  await scene.checkAccessibility();
  await field(dialog(page), 'Reason').fill('not needed');
  await button(dialog(page), 'Confirm').click();
  await expect(status(page)).text('Deleted staging/api/log_level');
  await expect(page.getByText('This name has no value')).visible();
  assert.equal((await api.send('GET', '/v1/config/staging%2Fapi%2Flog_level')).status, 404);
  await page.getByRole('main').getByRole('link', { name: 'History' }).last().click();
  const versions = page.getByRole('listitem').filter({ hasText: 'Version' });
  await expect(versions).count(3);
  await scene.checkAccessibility();
  await button(versions.nth(2), 'Restore this version').click();
  await expect(dialog(page)).text('info');
  await field(dialog(page), 'Reason').fill('needed after all');
  await button(dialog(page), 'Confirm').click();
  await expect(status(page)).text('Restored');
  await expect(versions).count(4);
  assert.equal((await api.item('staging/api/log_level')).value, 'info');
});

inBrowser('any two versions are compared', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/history/prod/checkout/timeout_ms');
  await button(page, 'Compare version 1 as A').click();
  await button(page, 'Compare version 2 as B').click();
  await expect(page.getByRole('region', { name: 'Version 1 → version 2' })).text(/1500[^]*15/);
  await page.reload();
  await expect(page.getByRole('region', { name: 'Version 1 → version 2' })).visible();
  await scene.checkAccessibility();
});

inBrowser('the value is shown as it was at a point, and cannot be edited there', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/prod/checkout/log_level?at=4');
  await expect(stored(page)).text('info');
  await expect(timeBar(page)).text('You see the past');
  assert.equal(await button(page, 'Edit').count() + await button(page, 'Delete').count(), 0);
  await slider(page).press('End');
  await expect(page.getByText('This name has no value')).visible();
});

inBrowser('a secret is dots until somebody says what for, and is hidden again after half a minute', {
  closed: true,
  seed: (api) => api.set('prod/db_password', 'correct horse'),
}, async (scene) => {
  const { page } = scene;
  await page.clock.install();
  await scene.open('#/value/prod/db_password');
  await scene.signIn(ROOT);
  await expect(button(page, 'Reveal')).visible();
  assert.ok(!(await page.content()).includes('correct horse'));
  await scene.checkAccessibility();
  await button(page, 'Reveal').click();
  await expect(button(page, 'Reveal')).disabled();
  await field(page, 'Reason').fill('restart by hand');
  await button(page, 'Reveal').click();
  await expect(stored(page)).text('correct horse');
  await expect(page.locator('main')).text(/recorded/);
  await page.clock.fastForward(31_000);
  await expect(stored(page)).gone();
  assert.ok(!(await page.content()).includes('correct horse'));
  const records = await eventually(() => readFile(scene.audit, 'utf8'), (text) => assert.match(text, /"revealed"/));
  assert.match(records, /restart by hand/);
  assert.ok(!records.includes('correct horse'));
});

inBrowser('a value over 256 KiB opens as plain text, cut, and says so', {
  seed: (api) => api.set('app/large', JSON.stringify({ text: 'x'.repeat(300_000) }), { content_type: 'application/json' }),
}, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/app/large');
  await expect(page.getByText('This value is over 256 KiB')).visible();
  const shown = (await stored(page).innerText()).length;
  assert.ok(shown > 1000 && shown < 100_000, `${shown} characters are shown`);
  await expect(page.locator('main')).text(/of 300,\d+ characters shown/);
  await scene.checkAccessibility();
  await button(page, 'Show all').click();
  await eventually(async () => (await stored(page).innerText()).length, (length) => assert.ok(length > 300_000, `${length}`));
});

inBrowser('what is typed is there again after a look elsewhere', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/prod/api/timeout_ms');
  await button(page, 'Edit').click();
  await field(page, 'Value').fill('42');
  await section(page, 'Changes').click();
  await expect(feed(page)).visible();
  await page.goBack();
  await expect(field(page, 'Value')).value('42');
  await button(page, 'Cancel').click();
  await expect(stored(page)).text('1500');
});
