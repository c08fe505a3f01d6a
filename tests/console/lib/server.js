// The real server as a process: started on a store of its own, killed, started again at the same address.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { Api } from './api.js';
import { TOP } from './packages.js';

/** The program under test, also as the command line. */
export const BINARY = process.env.CONFIGAPI_TEST_BINARY ?? join(TOP, 'target/debug/configapi');
/** Each request for this address gets the URL of a new database; without it the tests use files. */
const DATABASES = process.env.CONFIGAPI_TEST_DATABASES;
const READY = /^listening on (\S+)/m;
const READY_DEADLINE = 30_000;

/** Which store the tests run on. */
export const STORE = DATABASES ? 'PostgreSQL' : 'a file';

/** An empty log: `{ url }` of a database, or a `{ file }` in a folder. */
export async function newStore(folder) {
  if (!DATABASES) return { file: join(folder, 'log.db') };
  return { url: await (await fetch(DATABASES)).text() };
}

/** The environment without the settings of the one who runs the tests. */
function environment(store) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('CONFIGAPI_') && name !== 'DATABASE_URL');
  return { ...Object.fromEntries(kept), ...(store.url && { DATABASE_URL: store.url }) };
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Server {
  /** @param {{store: object, args?: string[]}} options */
  constructor({ store, args = [] }) {
    this.store = store;
    this.args = args;
    this.address = '127.0.0.1:0';
    this.log = '';
  }

  /** Starts it, or starts it again where it was. */
  async start() {
    const args = ['serve', '--listen', this.address, '--log-level', 'warning', ...this.args];
    if (this.store.file) args.push('--file', this.store.file);
    const child = spawn(BINARY, args, { env: environment(this.store), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    running.add(child);
    this.ended = new Promise((resolve) => child.on('exit', (status) => {
      running.delete(child);
      resolve(status);
    }));
    child.stderr.on('data', (data) => { this.log += data; });
    this.url = await this.#ready(child);
    this.address = new URL(this.url).host;
    return this;
  }

  #ready(child) {
    return new Promise((resolve, reject) => {
      let text = '';
      const fail = (what) => reject(new Error(`${BINARY} ${what}\n${this.log}`));
      const timer = setTimeout(() => fail('is not ready'), READY_DEADLINE);
      child.on('error', (error) => fail(`can't be started: ${error.message}`));
      child.on('exit', (status) => fail(`ended with status ${status}`));
      child.stdout.on('data', (data) => {
        text += data;
        const found = READY.exec(text);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1]);
      });
    });
  }

  /** Ends it without warning. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** The contract for the set-up of a test, by a token or without one. */
  api(token) {
    return new Api(() => this.url, token);
  }
}
