// Between instants, revisions and places on the time bar. No DOM.
//
// The bar is drawn from the buckets of GET /v1/activity. Inside a bucket its changes are spread evenly, so every
// revision has a place, places rise with revisions, and dragging needs no request.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The spans that the bar offers, by the age at which they begin; `all` is the whole log. A phone has room for three. */
export const SPANS = [
  { id: '1h', label: '1 h' },
  { id: '24h', label: '24 h' },
  { id: '7d', label: '7 d', wide: true },
  { id: '30d', label: '30 d', wide: true },
  { id: 'all', label: 'All' },
];

/**
 * The `from` and `to` of GET /v1/activity for a span. Ages count on the server's clock; the whole log ends at its
 * newest change, however long ago that was.
 */
export function windowOf(span, head) {
  return span === 'all' ? { to: head } : { from: span, to: '0s' };
}

/** The buckets of the whole log with empty ones behind them, so that the newest change is left of now. */
export function withQuietEnd(buckets) {
  if (buckets.length === 0) return buckets;
  const last = buckets[buckets.length - 1];
  const end = Date.parse(last.to);
  const length = end - Date.parse(last.from);
  const quiet = Array.from({ length: Math.ceil(buckets.length / 20) }, (_, index) => ({
    from: new Date(end + index * length).toISOString(),
    to: new Date(end + (index + 1) * length).toISOString(),
    changes: 0,
    first_revision: null,
  }));
  return [...buckets, ...quiet];
}

/**
 * @param {{from: string, to: string, changes: number, first_revision: number|null}[]} buckets
 * @param {number} head the newest revision
 */
export function scaleOf(buckets, head) {
  const parsed = buckets.map((bucket) => ({
    from: Date.parse(bucket.from),
    to: Date.parse(bucket.to),
    changes: bucket.changes,
    first: bucket.first_revision,
  }));
  const from = parsed.length ? parsed[0].from : 0;
  const to = parsed.length ? parsed[parsed.length - 1].to : 0;
  // Before each bucket, the newest revision that was there.
  let before = head;
  for (let index = parsed.length - 1; index >= 0; index--) {
    const bucket = parsed[index];
    if (bucket.first !== null && bucket.first !== undefined) before = bucket.first - 1;
    bucket.before = before;
  }
  return { buckets: parsed, from, to, head, highest: Math.max(1, ...parsed.map((bucket) => bucket.changes)) };
}

/** The revision whose state holds at a place between 0 and 1; `null` at the right end, which is now. */
export function revisionAt(scale, place) {
  if (place >= 1 || scale.buckets.length === 0) return null;
  const exact = Math.max(0, place) * scale.buckets.length;
  const bucket = scale.buckets[Math.min(scale.buckets.length - 1, Math.floor(exact))];
  const inside = exact - Math.floor(exact);
  return bucket.before + Math.floor(inside * (bucket.changes + 1));
}

/** The place between 0 and 1 of a revision; 1 for `null` (now), 0 for what lies left of the bar. */
export function placeOf(scale, revision) {
  if (revision === null || scale.buckets.length === 0) return 1;
  const count = scale.buckets.length;
  for (let index = count - 1; index >= 0; index--) {
    const bucket = scale.buckets[index];
    if (bucket.changes === 0 || revision < bucket.first) continue;
    const passed = Math.min(revision - bucket.first + 1, bucket.changes);
    return Math.min(1, (index + (passed + 0.5) / (bucket.changes + 1)) / count);
  }
  // Just left of the first change that the bar shows.
  const first = scale.buckets.findIndex((bucket) => bucket.changes > 0);
  return first <= 0 ? 0 : (first - 0.02) / count;
}

/** The revision that a point names in its text (`417`, `417-9f3a1c2e`), or null: an instant or an age names none. */
export function revisionIn(point) {
  const written = /^(\d+)(?:-[0-9a-f]{8})?$/.exec(point);
  return written ? Number(written[1]) : null;
}

/** The revision that a step of `by` changes leads to; `null` is now. */
export function stepFrom(revision, by, head) {
  const current = revision === null ? head : revision;
  const next = Math.max(0, current + by);
  return next >= head ? null : next;
}

/** Round instants for the axis: at most `most` of them, each `{time, place}`. */
export function ticksOf(scale, most) {
  const span = scale.to - scale.from;
  if (!(span > 0) || most < 1) return [];
  const step = STEPS.find((candidate) => span / candidate <= most) ?? Math.ceil(span / most / (365 * DAY)) * 365 * DAY;
  const offset = new Date(scale.from).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let time = Math.ceil((scale.from - offset) / step) * step + offset; time < scale.to; time += step) {
    ticks.push({ time, place: (time - scale.from) / span });
  }
  return ticks;
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY];
