// The packages of the tests, which `./tests/run` installs outside the sources.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the repository. */
export const TOP = fileURLToPath(new URL('../../../', import.meta.url));
/** Packages, screenshots of failures, and measurements. */
export const WORK = process.env.CONFIGAPI_TEST_CONSOLE ?? join(TOP, 'target/test-console');

const require = createRequire(join(WORK, 'package.json'));

function load(find) {
  try {
    return find();
  } catch (error) {
    throw new Error(`${WORK} has no node_modules: ./tests/run makes it`, { cause: error });
  }
}

export const { chromium } = load(() => require('playwright-core'));
/** The source of axe, to be run inside a page. */
export const axeFile = load(() => require.resolve('axe-core/axe.min.js'));
