// A test in a browser: a server with a log of its own, and pages that must stay free of problems.

import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { checkAccessibility } from './accessibility.js';
import { expect } from './expect.js';
import { WORK, chromium } from './packages.js';
import { STORE, Server, newStore } from './server.js';
import { Watch } from './watch.js';

const PROGRAM = process.env.CONFIGAPI_TEST_CHROMIUM ?? '/usr/bin/chromium';
const WIDE = { width: 1440, height: 900 };
/** A page that does not show something for so long never will. */
const PATIENCE = 15_000;
/** A whole test takes no longer, on a busy machine too. */
const DEADLINE = 100_000;
export const ROOT = 'a-root-token-of-the-tests-with-32-characters-or-more';

let launched;

function browser() {
  // As root Chromium has no sandbox of its own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  launched ??= chromium.launch({ executablePath: PROGRAM, args });
  return launched;
}

after(async () => (await launched)?.close());

/**
 * A test whose name is a sentence of fact.
 * @param {{closed?: boolean, seed?: (api: import('./api.js').Api) => Promise<void>, skip?: string|false}} options
 *   `closed`: with a root token; `seed` fills the log before the page opens
 */
export function inBrowser(name, options, body) {
  test(name, { timeout: DEADLINE, skip: options.skip }, async (t) => {
    const scene = new Scene(options, t);
    try {
      await scene.begin();
      await body(scene);
      scene.pages.forEach(({ watch }) => watch.check());
    } catch (error) {
      await scene.report(name);
      throw error;
    } finally {
      await scene.end();
    }
  });
}

export class Scene {
  constructor(options, t) {
    this.options = options;
    this.t = t;
    this.pages = [];
    this.servers = [];
  }

  async begin() {
    this.folder = await mkdtemp(join(tmpdir(), 'configapi-console-'));
    this.store = await newStore(this.folder);
    this.server = await this.newServer({ args: [...await this.#rootToken(), '--audit-file', this.audit] });
    this.api = this.server.api(this.options.closed ? ROOT : undefined);
    await this.options.seed?.(this.api);
    ({ page: this.page, watch: this.watch } = await this.newPage());
  }

  async #rootToken() {
    if (!this.options.closed) return [];
    const path = join(this.folder, 'root-token');
    await writeFile(path, ROOT, { mode: 0o600 });
    return ['--root-token-file', path];
  }

  /** The file of the first server's audit records. */
  get audit() {
    return join(this.folder, 'audit.jsonl');
  }

  /** One more server, on the same log unless another one is given. */
  async newServer({ args, store = this.store } = {}) {
    const server = new Server({ store, args });
    this.servers.push(server);
    return server.start();
  }

  /**
   * A page in a browser window of its own, as of another person. `options` are those of playwright's contexts.
   * @returns {Promise<{page: import('playwright-core').Page, watch: Watch}>}
   */
  async newPage(options = {}) {
    const context = await (await browser()).newContext({
      viewport: WIDE, locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'], ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const watch = new Watch();
    await watch.attach(page);
    this.pages.push({ page, watch });
    return { page, watch };
  }

  /** Opens the console at an address such as `#/changes`. */
  async open(hash = '#/', { page = this.page, server = this.server } = {}) {
    await page.goto(`${server.url}/console/${hash}`);
  }

  /** Signs in on the page that asks for it. */
  async signIn(token = ROOT, page = this.page) {
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Runs a part of a test in which the server goes away and comes back. */
  async outage(part) {
    this.pages.forEach(({ watch }) => { watch.outage = true; });
    await part();
    this.pages.forEach(({ watch }) => { watch.outage = false; });
  }

  /** The text that a button has just copied. */
  copied(page = this.page) {
    return page.evaluate(() => navigator.clipboard.readText());
  }

  checkAccessibility(page = this.page) {
    return checkAccessibility(page);
  }

  /** Notes a number for people to read; `./tests/run` shows it at the end. */
  measured(text) {
    this.t.diagnostic(text);
    appendFileSync(join(WORK, 'measured.txt'), `${text} (${STORE})\n`);
  }

  /** What the pages and the servers had to say when a test failed. */
  async report(name) {
    const folder = join(WORK, 'failed');
    await mkdir(folder, { recursive: true });
    for (const [index, { page, watch }] of this.pages.entries()) {
      for (const problem of watch.problems) this.t.diagnostic(`in page ${index}: ${problem}`);
      const path = join(folder, `${name.replaceAll(/\W+/g, '_').slice(0, 100)}-${index}.png`);
      const kept = await page.screenshot({ path, timeout: 5000 }).then(() => true, () => false);
      if (kept) this.t.diagnostic(`the page as it was: ${path}`);
    }
    for (const { log } of this.servers) if (log) this.t.diagnostic(`the server's log: ${log}`);
  }

  async end() {
    await Promise.all(this.pages.map(({ page }) => page.context().close()));
    await Promise.all(this.servers.map((server) => server.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export { expect };
