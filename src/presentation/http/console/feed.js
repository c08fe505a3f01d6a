// Reading the log backwards, which the server hands out forwards only. No DOM.

/** The server's own limit of changes in one response. */
const LIMIT = 1000;

/**
 * The changes of one window below a revision, newest first. A response may end early, so a window may take several.
 * @param {{before: number, size: number, prefix?: string, signal?: AbortSignal,
 *          getChanges: (query: object) => Promise<{data: {revision: number, changes: object[]}}>}} window
 * @returns {Promise<{changes: object[], reached: number}>} `reached` is the lowest revision that was searched
 */
export async function readWindow({ before, size, prefix, signal, getChanges }) {
  const reached = Math.max(1, before - size);
  const changes = [];
  let after = reached - 1;
  while (after < before - 1) {
    // At most one change per revision, so a small window never brings what is above it.
    const limit = Math.min(LIMIT, before - 1 - after);
    const { data } = await getChanges({ after, prefix, limit, signal });
    changes.push(...data.changes.filter(({ revision }) => revision < before));
    if (data.revision <= after) break;
    after = data.revision;
  }
  return { changes: changes.reverse(), reached };
}

/** The size of the next window: larger while little is found, because most of a rare prefix is nothing. */
export function nextSize(size, found) {
  if (found >= size / 4) return Math.min(size, LIMIT);
  return Math.min(size * 4, 20_000);
}

/** Whether a change matches the filters of the view: the actor and a text, ignoring letter case. */
export function matches(change, { actor = '', text = '' }) {
  if (actor && !folded(change.actor).includes(folded(actor))) return false;
  if (!text) return true;
  const wanted = folded(text);
  if (wanted === `#${change.revision}` || folded(change.reason).includes(wanted)) return true;
  return change.events.some(({ data, metadata }) => folded(data.config_name).includes(wanted) || folded(data.value).includes(wanted)
    || folded(data.old_value).includes(wanted) || folded(data.deleted_value).includes(wanted) || folded(metadata?.request_id).includes(wanted));
}

function folded(text) {
  return typeof text === 'string' ? text.toLowerCase() : '';
}

/** Puts newer changes on top of a list that is newest first; what is there already is left out. */
export function prepend(changes, newer) {
  const newest = changes[0]?.revision ?? 0;
  const fresh = newer.filter(({ revision }) => revision > newest).sort((left, right) => right.revision - left.revision);
  return fresh.length ? [...fresh, ...changes] : changes;
}

/** Whether any event of a change is under the prefix. */
export function isUnder(change, prefix) {
  return !prefix || change.events.some(({ data }) => data.config_name.startsWith(prefix));
}

/** `today`, `yesterday`, or the date, in the reader's time zone. */
export function dayOf(instant, now) {
  const date = new Date(instant);
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  if (date >= midnight) return 'Today';
  midnight.setDate(midnight.getDate() - 1);
  if (date >= midnight) return 'Yesterday';
  return new Intl.DateTimeFormat(undefined, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }).format(date);
}
