// Everything else that is read: single values, histories, and what access is made of.

import { configPath, schemaPath } from '../paths.js';
import { reasonHeader } from './headers.js';
import { listSome } from './rows.js';
import { read, revisionOf, send } from './transport.js';

/** `{from, to, changes}`; `to` defaults to now. */
export function getDiff({ from, to, prefix, signal }) {
  return read({ path: '/v1/diff', query: { from, to, prefix }, signal });
}

/** The items under a prefix with their values, for an export or an import's plan. Secrets are masked. */
export async function listValues({ at, prefix, signal } = {}) {
  return read({ path: '/v1/config', query: { at, prefix }, signal });
}

/** One item, or null where the name is absent: asked for as a list, so that it is not an error. */
export async function findItem(name, { at, signal } = {}) {
  const { data, revision } = await listSome({ prefix: name, at, limit: 1, signal });
  return { data: data[0]?.name === name ? data[0] : null, revision };
}

/** One secret in clear text. The server records the reveal with its purpose. */
export function revealItem(name, { at, reason } = {}) {
  return read({ path: configPath(name), query: { at }, headers: { 'Config-Reveal': 'true', ...reasonHeader(reason) } });
}

/** The events of a name, newest first; `after` is the version below which to continue. */
export async function getHistory(name, { after, limit = 100, signal } = {}) {
  return read({ path: `${configPath(name)}/history`, query: { order: 'desc', limit, after }, signal });
}

export async function metrics({ signal } = {}) {
  return (await send({ path: '/metrics', accept: 'text/plain', signal })).text();
}

export function getPolicy() {
  return read({ path: '/v1/policy' });
}

/** All schemas that the token may read: an absent one is found out here, not by asking for it. */
export function listSchemas() {
  return read({ path: '/v1/schemas' });
}

/** The text of a schema that is set, as its author wrote it. */
export async function getSchema(prefix, { signal } = {}) {
  const response = await send({ path: schemaPath(prefix), accept: 'application/schema+json', signal });
  return { data: await response.text(), revision: revisionOf(response), etag: response.headers.get('ETag') };
}

/** Which current values a schema would refuse: `{checked, violations}`. */
export function checkSchema(prefix, text, { signal } = {}) {
  return read({ method: 'POST', path: `${schemaPath(prefix)}/check`, body: text, signal });
}

export function listTokens() {
  return read({ path: '/v1/tokens' });
}

/** The actions that a token may do with a name, and the reason for each. */
export function explain({ name, token, signal }) {
  return read({ path: '/v1/explain', query: { name, token }, signal });
}
