// Requests to the server, and what goes wrong with them.
//
// Invariants: the token travels in the Authorization header alone; a read shows at least the revision of this tab's
// last write.

import { queryString } from '../paths.js';
import { session, signedOut } from '../session.js';

/** An error that the server answered with (RFC 9457). Members such as `names` are properties. */
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

/** A write was made; later reads show it, whichever server answers them. */
export function noteWritten(revision) {
  written = Math.max(written, revision);
}

/** The log is another one: what this tab has written is not in it. */
export function forgetWrites() {
  written = 0;
}

/**
 * Sends one request.
 * @param {{method?: string, path: string, query?: object, body?: unknown, headers?: Record<string, string>,
 *          token?: string|null, accept?: string, signal?: AbortSignal}} request
 * @returns {Promise<Response>} a response with a status below 400
 */
export async function send(request) {
  const ownWrite = written && !request.method && !request.query?.at ? { 'Config-Min-Revision': String(written) } : null;
  try {
    return await sendOnce({ ...request, headers: { ...ownWrite, ...request.headers } });
  } catch (error) {
    // This server stays behind what the tab has written: an old state is of more use than none.
    if (!ownWrite || error.kind !== 'replica-behind') throw error;
    forgetWrites();
    return sendOnce(request);
  }
}

async function sendOnce({ method = 'GET', path, query, body, headers, token = session.get().token, accept = 'application/json', signal }) {
  const sent = { Accept: accept, ...headers };
  if (token) sent.Authorization = `Bearer ${token}`;
  const options = { method, headers: sent, signal, cache: 'no-cache', credentials: 'omit' };
  if (body !== undefined) {
    sent['Content-Type'] = 'application/json';
    // A text is JSON as its author wrote it.
    options.body = typeof body === 'string' ? body : JSON.stringify(body);
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
export async function read(request) {
  const response = await send(request);
  return { data: await response.json(), revision: revisionOf(response), etag: response.headers.get('ETag') };
}

export function revisionOf(response) {
  return Number(response.headers.get('Config-Revision')) || 0;
}
