// Points as people type them: a revision, a place, an instant, an age, or a local time. No DOM.

/** `15m`, `2days 3h`: the spellings of humantime that the server reads. */
const AGE = /^(\d+\s*(ns|nsec|us|usec|ms|msec|millis|s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|weeks?|M|months?|y|years?)\s*)+$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Reads a point before the server sees it, because a typing mistake should not cost a request.
 * @param {string} text
 * @param {number} head the newest revision
 * @returns {{ok: true, point: string|undefined} | {ok: false, message: string}} no point is now
 */
export function readPoint(text, head) {
  const typed = text.trim();
  if (typed === '' || /^now$/i.test(typed)) return { ok: true, point: undefined };
  const revision = /^#?(\d+)$/.exec(typed)?.[1];
  if (revision !== undefined) {
    if (Number(revision) > head) return { ok: false, message: `Revision ${revision} does not exist yet; the newest is ${head}.` };
    return { ok: true, point: String(Number(revision)) };
  }
  if (/^\d+-[0-9a-f]{8}$/.test(typed) || AGE.test(typed)) return { ok: true, point: typed };
  if (INSTANT.test(typed) && !Number.isNaN(Date.parse(typed))) return { ok: true, point: typed.replace(' ', 'T') };
  const local = localInstant(typed);
  if (local) return { ok: true, point: local };
  return { ok: false, message: 'Write a revision (417), a time (2026-01-15 10:00) or an age (15m, 2days 3h).' };
}

/** A time without an offset is the reader's own. */
function localInstant(text) {
  const parts = LOCAL.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1).map((part) => (part === undefined ? undefined : Number(part)));
  const date = new Date(year, month - 1, day, hour, minute, second);
  // The 31st of June would become the 1st of July.
  if (date.getMonth() !== month - 1 || date.getDate() !== day || hour > 23 || minute > 59) return undefined;
  return date.toISOString();
}
