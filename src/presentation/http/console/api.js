// The HTTP contract, as the console uses it: the only module that sends requests.
//
// Invariants: the token travels in the Authorization header alone; each write has an Idempotency-Key, so that it may
// be sent again; a read shows at least the revision of this tab's last write.

import { configPath, queryString } from './curl.js';
import { session, signedOut } from './session.js';

/** The page size of lists: the most that the server allows. */
const PAGE = 10_000;
/** How often a write is sent again while its outcome is unknown. */
const WRITE_ATTEMPTS = 4;

/** What the server answered instead of what was asked for (RFC 9457). Members such as `names` are properties. */
export class Problem extends Error {
  constructor(status, members = {}) {
    super(members.detail || members.title || `the server answered with status ${status}`);
    Object.assign(this, members, { status });
    /** @type {string} the last segment of the type, such as `no-such-name` */
    this.kind = String(members.type ?? '').replace(/^.*\//, '');
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super('the server does not answer');
    this.kind = 'unreachable';
  }
}

/** The revision of this tab's last write. */
let written = 0;

/** The log is another one: what this tab has written is not in it. */
export function forgetWrites() {
  written = 0;
}

/**
 * Sends one request.
 * @param {{method?: string, path: string, query?: object, body?: unknown, headers?: Record<string, string>,
 *          token?: string|null, accept?: string, signal?: AbortSignal, keepalive?: boolean}} request
 * @returns {Promise<Response>} a response with a status below 400
 */
export async function send({ method = 'GET', path, query, body, headers = {}, token = session.get().token, accept = 'application/json', signal }) {
  const sent = { Accept: accept, ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  if (written && method === 'GET' && !query?.at) sent['Config-Min-Revision'] = String(written);
  const options = { method, headers: sent, signal, cache: 'no-cache', credentials: 'omit' };
  if (body !== undefined) {
    sent['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path + queryString(query), options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable();
  }
  if (response.ok) return response;
  throw await problemOf(response, token);
}

async function problemOf(response, token) {
  const members = await response.json().catch(() => ({}));
  const problem = new Problem(response.status, members);
  problem.retryAfter = Number(response.headers.get('Retry-After')) || null;
  // Another token may have been typed since this request was sent.
  if (response.status === 401 && token === session.get().token) {
    signedOut(token ? 'Your token is no longer accepted. It may have expired or been revoked.' : null);
  }
  return problem;
}

/** The JSON of a response, and its revision. */
async function read(request) {
  const response = await send(request);
  return { data: await response.json(), revision: revisionOf(response), etag: response.headers.get('ETag') };
}

function revisionOf(response) {
  return Number(response.headers.get('Config-Revision')) || 0;
}

/** Sends a write until its outcome is known; the key makes repetition safe. */
async function write(request) {
  const headers = { 'Idempotency-Key': newKey(), ...request.headers };
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await send({ ...request, headers });
      const text = await response.text();
      const revision = revisionOf(response);
      if (!request.body?.dry_run) written = Math.max(written, revision);
      return { data: /json/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : text, revision };
    } catch (error) {
      if (attempt >= WRITE_ATTEMPTS || !mayRepeat(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? attempt) * 1000));
    }
  }
}

function mayRepeat(error) {
  return error instanceof Unreachable || (error.status === 503 && (error.outcome !== undefined || error.retryAfter !== null));
}

// `crypto.randomUUID` exists only on secure origins, and the console is also served over plain HTTP.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A reason in a header is percent-encoded UTF-8. */
function reasonHeader(reason) {
  return reason ? { 'Config-Reason': encodeURIComponent(reason) } : {};
}

/** The number of altered names that the user has seen and agreed to, for protected prefixes. */
function confirmed(count) {
  return count ? { 'Config-Confirm': String(count) } : {};
}

// --- Reading ----------------------------------------------------------------------------------------------------

/**
 * The items under a prefix without their values, page by page and all at one revision.
 * @param {{at?: string|number, prefix?: string, q?: string, inValues?: boolean, signal?: AbortSignal,
 *          onPage?: (items: object[], revision: number) => void}} [options]
 */
export async function listNames({ at, prefix, q, inValues, signal, onPage } = {}) {
  let query = { prefix, at, q, in: q && inValues ? 'values' : undefined, values: 'false', limit: PAGE };
  const items = [];
  for (;;) {
    const response = await send({ path: '/v1/config', query, signal });
    const page = await response.json();
    const revision = revisionOf(response);
    items.push(...page);
    const next = /<([^>]*)>;\s*rel="?next/.exec(response.headers.get('Link') ?? '');
    if (!next) return { items, revision };
    onPage?.(items.slice(), revision);
    query = Object.fromEntries(new URL(next[1], location.origin).searchParams);
  }
}

/** The items under a prefix with their values, for an export or an import's plan. Secrets are masked. */
export async function listValues({ at, prefix, signal } = {}) {
  return read({ path: '/v1/config', query: { at, prefix }, signal });
}

/** Some items after a name, with their values: what a screen of a list shows. Secrets are masked. */
export function listSome({ at, prefix, q, inValues, after, limit, signal }) {
  return read({ path: '/v1/config', query: { prefix, at, q, in: q && inValues ? 'values' : undefined, after, limit }, signal });
}

/** One item, or null where the name is absent: asked for as a list, which is no error then. */
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

/** `{from, to, changes}`; `to` defaults to now. */
export function getDiff({ from, to, prefix, signal }) {
  return read({ path: '/v1/diff', query: { from, to, prefix }, signal });
}

/** `{buckets}`: how many changes each span holds. */
export function getActivity({ from, to, buckets, signal }) {
  return read({ path: '/v1/activity', query: { from, to, buckets }, signal });
}

/** Changes after a revision, oldest first: `{revision, changes}`. */
export function getChanges({ after, prefix, limit, signal }) {
  return read({ path: '/v1/events', query: { after, prefix, limit }, signal });
}

/** The revision that a point names. */
export async function resolvePoint(at, { signal } = {}) {
  return (await read({ path: '/v1/config', query: { at, values: 'false', limit: 1 }, signal })).revision;
}

/** The change of one revision, or null if this token may not see it. */
export async function getChange(revision, { signal } = {}) {
  if (revision < 1) return null;
  const { data } = await getChanges({ after: revision - 1, limit: 1, signal });
  return data.changes[0]?.revision === revision ? data.changes[0] : null;
}

/** The endless event stream, as a response whose body is read by `sse.js`. */
export function openEvents({ lastEventId, signal }) {
  const headers = lastEventId ? { 'Last-Event-ID': lastEventId } : {};
  return send({ path: '/v1/events', accept: 'text/event-stream', headers, signal });
}

// --- Writing ----------------------------------------------------------------------------------------------------

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

// --- Access and operations --------------------------------------------------------------------------------------

/** Whose token this is. The token may be one that is not signed in yet. */
export function whoami({ token } = {}) {
  return read(token === undefined ? { path: '/v1/whoami' } : { path: '/v1/whoami', token });
}

/** The server's health, also of an unhealthy server; `details` are there only for a token, or on an open server. */
export async function health({ signal } = {}) {
  try {
    return await read({ path: '/v1/health', signal });
  } catch (error) {
    if (error.status === 503 && error.checks) return { data: error, revision: 0 };
    throw error;
  }
}

export async function metrics({ signal } = {}) {
  return (await send({ path: '/metrics', accept: 'text/plain', signal })).text();
}

export function getPolicy() {
  return read({ path: '/v1/policy' });
}

export function putPolicy(policy, { reason } = {}) {
  return write({ method: 'PUT', path: '/v1/policy', body: policy, headers: reasonHeader(reason) });
}

/** All schemas that the token may read: an absent one is found out here, not by asking for it. */
export function listSchemas() {
  return read({ path: '/v1/schemas' });
}

export function putSchema(prefix, schema, { reason } = {}) {
  return write({ method: 'PUT', path: schemaPath(prefix), body: schema, headers: reasonHeader(reason) });
}

export function deleteSchema(prefix, { reason } = {}) {
  return write({ method: 'DELETE', path: schemaPath(prefix), headers: reasonHeader(reason) });
}

/** Which current values a schema would refuse: `{checked, violations}`. */
export function checkSchema(prefix, schema) {
  return read({ method: 'POST', path: `${schemaPath(prefix)}/check`, body: schema });
}

function schemaPath(prefix) {
  return configPath(prefix).replace('/v1/config/', '/v1/schemas/');
}

export function listTokens() {
  return read({ path: '/v1/tokens' });
}

/** The response holds the token's secret, only this once. */
export function createToken(token) {
  return write({ method: 'POST', path: '/v1/tokens', body: token });
}

export function rotateToken(id, { keepOldFor } = {}) {
  return write({ method: 'POST', path: `/v1/tokens/${encodeURIComponent(id)}/rotate`, body: { keep_old_for: keepOldFor || undefined } });
}

export function revokeToken(id) {
  return write({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}` });
}

/** What a token may do with a name, and why. */
export function explain({ name, token }) {
  return read({ path: '/v1/explain', query: { name, token } });
}
