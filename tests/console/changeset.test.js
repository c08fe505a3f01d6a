// The change set: edits from anywhere, kept in the tab, written as one change or not at all.

import assert from 'node:assert/strict';

import { button, field, section, status } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const edits = (page) => page.getByRole('list', { name: 'Edits' }).getByRole('listitem');

/** Edits a value and puts it into the change set. */
async function collect(scene, name, value) {
  const { page } = scene;
  await page.evaluate((address) => { location.hash = address; }, `#/value/${name}`);
  await expect(page.getByRole('heading', { level: 1 })).text(name.split('/').at(-1));
  await button(page, 'Edit').click();
  await field(page, 'Value').fill(value);
  await button(page, 'Add to change set').click();
  await expect(status(page)).text('Added to the change set');
}

inBrowser('edits are collected, survive a reload, and are written as one change', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/changeset');
  await expect(page.getByText('The change set is empty')).visible();
  await scene.checkAccessibility();
  await collect(scene, 'prod/api/timeout_ms', '2000');
  await collect(scene, 'prod/worker/timeout_ms', '2500');
  await section(page, 'Change set').click();
  await expect(edits(page)).count(2);
  await page.reload();
  await expect(edits(page)).count(2);
  await expect(edits(page).first()).text(/1500[^]*2000/);
  await scene.checkAccessibility();
  assert.equal(await api.head(), 7, 'nothing is written yet');
  await field(page, 'Reason').fill('more patience');
  await button(page, 'Commit').click();
  await expect(status(page)).text('Committed 2 edits as revision 8');
  const { changes } = await api.get('/v1/events?after=7');
  assert.deepEqual([changes.length, changes[0].reason, changes[0].events.length], [1, 'more patience', 2]);
  await button(status(page), 'Undo').click();
  await button(page.getByRole('dialog'), 'Confirm').click();
  await expect(status(page)).text('Undid revision 8');
});

inBrowser('a conflict is settled name by name', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/');
  await collect(scene, 'prod/api/timeout_ms', '2000');
  await collect(scene, 'prod/api/log_level', 'warn');
  await collect(scene, 'prod/worker/timeout_ms', '2500');
  await api.transact({ 'prod/api/timeout_ms': '3000', 'prod/api/log_level': 'error' }, 'another team');
  await section(page, 'Change set').click();
  await expect(page.locator('main')).text('2 names changed since you edited them');
  await expect(button(page, 'Commit')).disabled();
  await scene.checkAccessibility();
  const edit = (name) => edits(page).filter({ hasText: name });
  await button(edit('prod/api/timeout_ms'), 'Keep mine').click();
  await button(edit('prod/api/log_level'), 'Take theirs').click();
  await expect(edits(page)).count(2);
  await button(page, 'Commit').click();
  await expect(status(page)).text('Committed 2 edits');
  const values = await Promise.all(['prod/api/timeout_ms', 'prod/api/log_level', 'prod/worker/timeout_ms'].map((name) => api.item(name)));
  assert.deepEqual(values.map(({ value }) => value), ['2000', 'error', '2500']);
});

inBrowser('an edit is taken out, and put back', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/');
  await collect(scene, 'prod/api/timeout_ms', '2000');
  await section(page, 'Change set').click();
  await button(page, 'Remove prod/api/timeout_ms from the change set').click();
  await expect(page.getByText('The change set is empty')).visible();
  await button(status(page), 'Undo').click();
  await expect(edits(page)).count(1);
});

inBrowser('a protected prefix asks for a confirmation, and a policy for a reason', {
  seed: async (api) => {
    await incident(api);
    await api.call('PUT', '/v1/policy', { secret_patterns: [], require_reason: ['prod/'], protect: [{ prefix: 'prod/', names_max: 1 }], writes_per_second: null });
  },
}, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/');
  await collect(scene, 'prod/api/timeout_ms', '2000');
  await collect(scene, 'prod/worker/timeout_ms', '2500');
  await section(page, 'Change set').click();
  await expect(button(page, 'Commit')).disabled();
  await field(page, 'Reason').fill('agreed');
  await expect(button(page, 'Commit')).disabled();
  await page.getByLabel('Change 2 protected names').check();
  await scene.checkAccessibility();
  await button(page, 'Commit').click();
  await expect(status(page)).text('Committed 2 edits');
  assert.equal((await api.item('prod/worker/timeout_ms')).value, '2500');
});
