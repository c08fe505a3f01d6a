// Access: tokens from the first one on, why something is refused, the policy, and the schemas.

import assert from 'node:assert/strict';

import { alert, button, dialog, field, section, status } from './lib/elements.js';
import { eventually } from './lib/expect.js';
import { ROOT, expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const tokens = (page) => page.getByRole('region', { name: 'Tokens' });
const tokenRow = (page, name) => tokens(page).getByRole('row').filter({ hasText: name });

/** The text of a token, which a dialog shows once. */
async function textShown(page) {
  const text = await field(dialog(page), 'New token').inputValue();
  await button(dialog(page), 'Copy token').click();
  await button(dialog(page), 'Done').click();
  return text;
}

async function signedIn(scene, address, token = ROOT) {
  await scene.open(address);
  await scene.signIn(token);
  await expect(scene.page.getByRole('heading', { level: 1, name: 'Access' })).visible();
}

inBrowser('the first token closes an open server and signs the tab in', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/access');
  await expect(page.getByText('This server is open')).visible();
  await scene.checkAccessibility();
  await button(page, 'Create the first token').click();
  await scene.checkAccessibility();
  await field(dialog(page), 'Name').fill('ada');
  await button(dialog(page), /^Create/).click();
  const text = await textShown(page);
  assert.match(text, /^cfgapi_/);
  await expect(status(page)).text('The server is closed now');
  assert.equal((await api.send('GET', '/v1/config')).status, 401);
  assert.equal((await scene.server.api(text).get('/v1/whoami')).name, 'ada');
  await section(page, 'Browse').click();
  await expect(page.getByRole('grid', { name: 'Values' })).visible();
});

inBrowser('a token is made, seen once, rotated and revoked', { closed: true, seed: incident }, async (scene) => {
  const { page } = scene;
  await signedIn(scene, '#/access');
  await button(page, 'New token').first().click();
  await field(dialog(page), 'Name').fill('deploy');
  await button(dialog(page), 'Read and write').click();
  await field(dialog(page), 'Prefix').fill('prod/checkout');
  await scene.checkAccessibility();
  await button(dialog(page), /^Create/).click();
  await expect(field(dialog(page), 'New token')).value(/^cfgapi_/);
  await scene.checkAccessibility();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).text('You have not copied the token');
  const first = await textShown(page);
  assert.ok(!(await page.content()).includes(first), 'the text is gone with the dialog');
  const held = scene.server.api(first);
  assert.deepEqual((await held.get('/v1/config')).map(({ name }) => name).length, 3);

  await expect(tokenRow(page, 'deploy')).text('prod/checkout');
  await tokenRow(page, 'deploy').getByRole('button', { name: /^Rotate/ }).click();
  await button(dialog(page), 'Rotate').click();
  const second = await textShown(page);
  assert.notEqual(second, first);
  assert.equal((await held.send('GET', '/v1/whoami')).status, 200, 'the old secret works for an hour');
  assert.equal((await scene.server.api(second).get('/v1/whoami')).name, 'deploy');

  await tokenRow(page, 'deploy').getByRole('button', { name: /^Revoke/ }).click();
  await expect(dialog(page)).text('ends at once');
  await scene.checkAccessibility();
  await field(dialog(page), 'Reason').fill('the pipeline is gone');
  await button(dialog(page), 'Revoke').click();
  await expect(status(page)).text('Token deploy is revoked');
  await expect(tokenRow(page, 'deploy')).count(0);
  assert.equal((await scene.server.api(second).send('GET', '/v1/whoami')).status, 401);
});

inBrowser('an administrator of a part makes tokens inside that part', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  const token = await api.newToken('team', [{ prefix: 'staging', actions: ['read', 'write', 'admin'] }]);
  await signedIn(scene, '#/access', token);
  await button(page, 'New token').first().click();
  await expect(field(dialog(page), 'Prefix')).value('staging');
  await field(dialog(page), 'Name').fill('too much');
  await field(dialog(page), 'Prefix').fill('prod');
  scene.watch.expect(403, /tokens/);
  await button(dialog(page), /^Create/).click();
  await expect(alert(page)).text(/./);
  await field(dialog(page), 'Prefix').fill('staging/api');
  await button(dialog(page), /^Create/).click();
  await textShown(page);
  await expect(tokenRow(page, 'too much')).text('staging/api');
});

inBrowser('a token without admin sees what it can do here', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  const token = await api.newToken('reader', [{ prefix: 'prod', actions: ['read'] }]);
  await signedIn(scene, '#/access', token);
  await expect(page.getByText('Your token does not administer')).visible();
  await expect(page.getByRole('region', { name: 'Your token' })).text('reader');
  await scene.checkAccessibility();
});

inBrowser('it is explained which scope allows, and which rule applies', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  await api.newToken('deploy', [{ prefix: 'prod', actions: ['read', 'write'] }, { prefix: 'prod/checkout', deny: ['write'] }]);
  await signedIn(scene, '#/access?tab=explain');
  await field(page, 'Name').fill('prod/checkout/db_password');
  await page.getByLabel('Token of').selectOption({ label: 'deploy' });
  await button(page, 'Explain').click();
  const row = (action) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${action}`) }) });
  await expect(row('read')).text('allowed');
  await expect(row('write')).text(/refused[^]*prod\/checkout/);
  await expect(page.getByText(/it matches the pattern/)).visible();
  await scene.checkAccessibility();
  await page.reload();
  await expect(row('write')).text('refused');
});

inBrowser('the policy is edited with a review, and undone', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  await signedIn(scene, '#/access?tab=policy');
  await button(page, 'Edit').click();
  await field(page, 'Reasons').fill('prod');
  await button(page, 'Protect a prefix').click();
  await field(page.getByRole('group', { name: 'Protected prefix 1' }), 'Prefix').fill('prod');
  await scene.checkAccessibility();
  await button(page, 'Save').click();
  await scene.checkAccessibility();
  await field(page, 'Reason').fill('after the incident');
  await button(page, 'Commit').click();
  await expect(status(page)).text('The policy is set');
  const { require_reason: reasons, protect } = await api.get('/v1/policy');
  assert.deepEqual([reasons.length, protect.length], [1, 1]);
  await button(status(page), 'Undo').click();
  await button(page, 'Commit').click();
  await eventually(() => api.get('/v1/policy'), (policy) => assert.deepEqual(policy.require_reason, []));
});

inBrowser('a schema is checked against the current values before it is set', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  await signedIn(scene, '#/access?tab=schemas');
  await expect(page.getByText('No prefix has a schema')).visible();
  await button(page, 'New schema').click();
  await field(page, 'Prefix').fill('prod/checkout/features');
  await field(page, 'Schema').fill('{"type": "object", "required": ["owner"]}');
  await button(page, 'Check current values').click();
  await expect(page.getByRole('main')).text('prod/checkout/features');
  await expect(page.getByRole('main')).text(/owner/);
  await scene.checkAccessibility();
  await field(page, 'Schema').fill('{"type": "object", "required": ["rollout"]}');
  await button(page, 'Save').click();
  await button(page, 'Commit').click();
  await expect(status(page)).text('The schema of prod/checkout/features');
  const schemas = await api.get('/v1/schemas');
  assert.deepEqual(schemas.map(({ prefix }) => prefix), ['prod/checkout/features']);
  await scene.checkAccessibility();
});
