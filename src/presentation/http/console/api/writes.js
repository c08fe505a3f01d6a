// Everything that is written.
//
// Invariant: each write has an Idempotency-Key, so that it may be sent again while its outcome is unknown.

import { onlyReads } from '../only-reads.js';
import { configPath, schemaPath } from '../paths.js';
import { reasonHeader } from './headers.js';
import { noteWritten, revisionOf, send, Unreachable } from './transport.js';

/** How often a write is sent while its outcome is unknown. */
const ATTEMPTS = 4;

/** Sends a write until its outcome is known; the key makes repetition safe. */
async function write(request, { attempts = ATTEMPTS } = {}) {
  const headers = { 'Idempotency-Key': newKey(), ...request.headers };
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await send({ ...request, headers });
      const text = await response.text();
      const revision = revisionOf(response);
      if (!request.body?.dry_run) noteWritten(revision);
      return { data: /json/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : text, revision, etag: response.headers.get('ETag') };
    } catch (error) {
      if (error.kind === 'read-only') onlyReads.set(true);
      if (attempt >= attempts || !mayRepeat(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? attempt) * 1000));
    }
  }
}

// A server that only reads would refuse it again.
function mayRepeat(error) {
  if (error.kind === 'read-only') return false;
  return error instanceof Unreachable || (error.status === 503 && (error.outcome !== undefined || error.retryAfter !== null));
}

// `crypto.randomUUID` exists only on secure origins, and the console is also served over plain HTTP.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The number of altered names that the user has seen and agreed to, for protected prefixes. */
function confirmed(count) {
  return count ? { 'Config-Confirm': String(count) } : {};
}

/** Sets a value. `ifMatch` is an ETag or a revision; 0 means that the name must be absent. */
export function setItem(name, { value, reason, contentType, secret, ifMatch }) {
  const body = { value, reason: reason || undefined, content_type: contentType || undefined, secret };
  return write({ method: 'PUT', path: configPath(name), body, headers: condition(ifMatch) });
}

export function deleteItem(name, { reason, ifMatch }) {
  return write({ method: 'DELETE', path: configPath(name), headers: { ...condition(ifMatch), ...reasonHeader(reason) } });
}

function condition(ifMatch) {
  if (ifMatch === undefined || ifMatch === null) return {};
  if (ifMatch === 0) return { 'If-None-Match': '*' };
  return { 'If-Match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch };
}

/** Makes a prefix, a name or everything equal to its state at a point; `dryRun` only shows the plan. */
export function restore({ to, prefix, name, reason, dryRun = false, confirm }) {
  return act('/v1/restore', { to: pointOf(to), prefix: prefix || undefined, name }, { reason, dryRun, confirm });
}

/** Undoes one change. */
export function revert({ revision, reason, dryRun = false, confirm }) {
  return act('/v1/revert', { revision }, { reason, dryRun, confirm });
}

/** Carries out several operations as one change. */
export function transact({ operations, reason, dryRun = false, confirm }) {
  return act('/v1/transactions', { operations }, { reason, dryRun, confirm });
}

/** The policy asks a dry run too for a reason and a confirmation; a plan has neither yet. */
async function act(path, body, { reason, dryRun, confirm }) {
  if (!dryRun) return write({ method: 'POST', path, body: { ...body, reason: reason || undefined }, headers: confirmed(confirm) });
  const request = { method: 'POST', path, body: { ...body, reason: 'dry run', dry_run: true } };
  try {
    return await write(request);
  } catch (error) {
    if (error.kind !== 'confirmation-required') throw error;
    return write({ ...request, headers: confirmed(error.names_altered) });
  }
}

// A bare revision is a number in JSON.
function pointOf(at) {
  return /^\d+$/.test(String(at)) ? Number(at) : at;
}

/** `ifMatch` is the ETag of the policy that the user has seen. */
export function putPolicy(policy, { reason, ifMatch } = {}) {
  return write({ method: 'PUT', path: '/v1/policy', body: policy, headers: { ...condition(ifMatch), ...reasonHeader(reason) } });
}

/** `text` is the schema as its author wrote it; `ifMatch` is the ETag of the one before, 0 where there was none. */
export function putSchema(prefix, text, { reason, ifMatch } = {}) {
  return write({ method: 'PUT', path: schemaPath(prefix), body: text, headers: { ...condition(ifMatch), ...reasonHeader(reason) } });
}

export function deleteSchema(prefix, { reason, ifMatch } = {}) {
  return write({ method: 'DELETE', path: schemaPath(prefix), headers: { ...condition(ifMatch), ...reasonHeader(reason) } });
}

/**
 * The response holds the token's secret, only this once. It is sent once, too: a second answer would not repeat the
 * secret of the first.
 */
export function createToken(token) {
  return write({ method: 'POST', path: '/v1/tokens', body: token }, { attempts: 1 });
}

/** Sent once: a second rotation would end a secret that was to be kept. */
export function rotateToken(id, { keepOldFor } = {}) {
  return write({ method: 'POST', path: `/v1/tokens/${encodeURIComponent(id)}/rotate`, body: { keep_old_for: keepOldFor || undefined } }, { attempts: 1 });
}

export function revokeToken(id, { reason } = {}) {
  return write({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}`, headers: reasonHeader(reason) });
}
