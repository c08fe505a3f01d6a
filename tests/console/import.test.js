// Import and export: a file becomes a plan and then one change, and values become a file.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { alert, button, field, section, status } from './lib/elements.js';
import { expect, inBrowser } from './lib/scene.js';
import { incident } from './lib/stories.js';

const plan = (page) => page.getByRole('list', { name: 'Plan' }).getByRole('listitem');

/** Drops a file on the page, as from the desktop. */
async function drop(page, name, text) {
  await expect(page.getByText('Drop a file here')).visible();
  const transfer = await page.evaluateHandle(([fileName, content]) => {
    const held = new DataTransfer();
    held.items.add(new File([content], fileName));
    return held;
  }, [name, text]);
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('main', type, { dataTransfer: transfer });
}

inBrowser('a dropped file shows its plan first, and is written as one change', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/import?prefix=prod/');
  await expect(page.getByText('Drop a file here')).visible();
  await scene.checkAccessibility();
  await drop(page, 'values.json', JSON.stringify({ api: { timeout_ms: '2000', log_level: 'info' }, search: { url: 'https://search.internal' } }));
  await expect(plan(page)).count(2);
  await expect(page.getByRole('region', { name: 'Plan' })).text('1 to add, 1 to change, 0 to delete, 1 the same');
  await scene.checkAccessibility();
  assert.equal(await api.head(), 7, 'a plan writes nothing');
  await field(page, 'Reason').fill('from the old service');
  await button(page, 'Confirm').click();
  await expect(status(page)).text('Imported 2 values as revision 8');
  const { changes } = await api.get('/v1/events?after=7');
  assert.deepEqual(changes[0].events.map(({ data }) => [data.config_name, data.value]), [['prod/api/timeout_ms', '2000'], ['prod/search/url', 'https://search.internal']]);
});

inBrowser('a chosen .env file is planned, and can delete what it does not have', { seed: incident }, async (scene) => {
  const { page, api } = scene;
  await scene.open('#/import?prefix=staging/worker/');
  await page.locator('input[type=file]').setInputFiles({ name: 'worker.env', mimeType: 'text/plain', buffer: Buffer.from('timeout_ms=1500\nlog_level=warn\n') });
  await expect(plan(page)).count(1);
  await page.getByLabel('Delete what the file does not have').check();
  await expect(plan(page)).count(2);
  await expect(plan(page).filter({ hasText: 'db_url' })).text('removed');
  await button(page, 'Add to change set').click();
  await expect(page.getByRole('list', { name: 'Edits' }).getByRole('listitem')).count(2);
  assert.equal(await api.head(), 7);
});

inBrowser('a file that cannot be read says why', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/import');
  await drop(page, 'broken.json', '{"a": ');
  await expect(alert(page)).text('This file cannot be imported');
  await scene.checkAccessibility();
  await button(page, 'Another file').click();
  await drop(page, 'values.yaml', 'a: b');
  await expect(alert(page)).text('configapi import');
});

inBrowser('values are exported as they were at a point', { seed: incident }, async (scene) => {
  const { page } = scene;
  await scene.open('#/import?prefix=prod/checkout/&at=4&tab=export');
  await expect(page.getByRole('heading', { level: 1, name: 'Export' })).visible();
  await scene.checkAccessibility();
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  const text = await readFile(await (await downloading).path(), 'utf8');
  const values = JSON.parse(text);
  assert.equal(Object.keys(values).length, 4);
  assert.ok(text.includes('1500') && !text.includes('db-2'));
  await button(page, '.env').click();
  await expect(page.getByLabel('The beginning of the file')).text(/1500/);
  await section(page, 'Browse').click();
});
