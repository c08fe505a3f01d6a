// What is copied does what it says: links show a colleague the same view, commands run in a shell.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { button, dialog, field, grid, rows, status } from './lib/elements.js';
import { eventually } from './lib/expect.js';
import { ROOT, expect, inBrowser } from './lib/scene.js';
import { BINARY } from './lib/server.js';
import { incident } from './lib/stories.js';

/** Runs a copied command as a user would: in a shell, with the token in a variable. */
async function run(command) {
  assert.ok(!command.includes(ROOT), 'no token is copied');
  const programs = 'curl() { command curl -sS --fail-with-body "$@"; }; configapi() { "$BINARY" "$@"; };';
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', BINARY, CONFIGAPI_TOKEN: ROOT };
  return (await promisify(execFile)('bash', ['-c', `${programs} ${command}`], { env })).stdout;
}

async function copy(scene, within, name) {
  await button(within, name).first().click();
  await expect(within.getByRole('button', { name: 'Copied' })).visible();
  return scene.copied();
}

inBrowser('a copied curl reads what the view shows', { closed: true, seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/?prefix=prod/checkout/&at=4');
  await scene.signIn();
  await expect(rows(page)).count(4);
  const items = JSON.parse(await run(await copy(scene, page.getByRole('main'), 'Copy as curl')));
  assert.deepEqual(items.map(({ name }) => name), ['prod/checkout/db_url', 'prod/checkout/features', 'prod/checkout/log_level', 'prod/checkout/timeout_ms']);
  assert.equal(items.at(-1).value, '1500');
});

inBrowser('a copied curl carries out the plan that the dialog shows', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/?prefix=prod/checkout/&at=4');
  await scene.signIn();
  await button(page, 'Restore to here').click();
  await field(dialog(page), 'Reason').fill("it's \"broken\" $HOME `id`");
  const command = await copy(scene, dialog(page), 'Copy as curl');
  assert.equal(await api.head(), 7, 'copying writes nothing');
  await run(command);
  const { changes } = await api.get('/v1/events?after=7');
  assert.deepEqual([changes.length, changes[0].reason], [1, "it's \"broken\" $HOME `id`"]);
  assert.equal((await api.item('prod/checkout/timeout_ms')).value, '1500');
});

inBrowser('a copied command of the command line reads what the view shows', { closed: true, seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/value/prod/checkout/timeout_ms?at=4');
  await scene.signIn();
  await expect(page.getByLabel('Stored text')).text('1500');
  assert.equal((await run(await copy(scene, page.getByRole('main'), 'Copy as configapi'))).trim(), '1500');
  await scene.open('#/?prefix=prod/checkout/&at=4');
  await expect(rows(page)).count(4);
  const list = await run(await copy(scene, page.getByRole('main'), 'Copy as configapi'));
  for (const name of ['db_url', 'features', 'log_level', 'timeout_ms']) assert.match(list, new RegExp(`prod/checkout/${name}`));
  await scene.open('#/diff?from=4&prefix=prod/checkout/');
  await expect(page.getByRole('list', { name: 'Differences' })).visible();
  assert.match(await run(`${await copy(scene, page.getByRole('main'), 'Copy as configapi')} || test $? = 1`), /timeout_ms/);
});

inBrowser('a copied command of the command line carries out the plan', { closed: true, seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/?prefix=prod/checkout/&at=4');
  await scene.signIn();
  await button(page, 'Restore to here').click();
  await field(dialog(page), 'Reason').fill("it's \"broken\" $HOME `id`");
  // It shows the plan and asks, where there is a terminal.
  await run(`${await copy(scene, dialog(page), 'Copy as configapi')} --yes`);
  const { changes } = await api.get('/v1/events?after=7');
  assert.deepEqual([changes.length, changes[0].reason], [1, "it's \"broken\" $HOME `id`"]);
});

inBrowser('a copied link shows the same difference after later changes', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/diff?from=4&prefix=prod/&kind=removed');
  const differences = (within) => within.getByRole('list', { name: 'Differences' }).getByRole('listitem');
  await expect(differences(page)).count(1);
  const link = await copy(scene, page.getByRole('main'), 'Copy link');
  await api.delete('prod/api/log_level');
  const { page: other } = await scene.newPage();
  await other.goto(link);
  await expect(differences(other)).count(1);
  await expect(differences(other)).text('prod/checkout/log_level');
});

inBrowser('the address alone shows a colleague the same view', { seed: incident }, async (scene) => {
  const { page } = scene;
  const { page: other } = await scene.newPage();
  for (const address of ['#/?prefix=prod/&q=timeout&at=5', '#/value/prod/checkout/features?at=4', '#/history/prod/checkout/timeout_ms?from=1&to=2', '#/diff?from=4&to=6&q=db', '#/changes?prefix=staging/&open=4', '#/import?tab=export&prefix=prod/']) {
    await scene.open(address);
    await scene.open(address, { page: other });
    // The two are read one after the other: a second may pass between.
    const text = async (each) => (await each.getByRole('main').innerText()).replace(/\d+ \w+ ago/g, 'ago');
    await eventually(async () => [await text(page), await text(other)], ([mine, theirs]) => {
      assert.ok(mine.length > 50, address);
      assert.equal(theirs, mine, address);
    });
  }
  assert.ok(await grid(page).count() + await status(page).count());
});
