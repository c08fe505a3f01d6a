// Rows of a list with their values.

import { read } from './transport.js';

/** Some items after a name, with their values: what a screen of a list shows. Secrets are masked. */
export function listSome({ at, prefix, q, inValues, after, limit, signal }) {
  return read({ path: '/v1/config', query: { prefix, at, q, in: q && inValues ? 'values' : undefined, after, limit }, signal });
}
