// The requests of the first view: names, activity, the event stream, and whose token this is.

import { read, revisionOf, send } from './transport.js';

/** The page size of lists: the most that the server allows. */
const PAGE = 10_000;

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
