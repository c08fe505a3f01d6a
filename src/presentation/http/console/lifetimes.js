// How long tokens live: durations as the server reads them, and expiries that are near. No DOM.

const DAY = 86_400_000;
/** An expiry that is nearer than this wants attention. */
const NEAR = 14 * DAY;

/** The durations that the forms offer; the empty one is none. */
export const EXPIRIES = [['7days', '7 days'], ['30days', '30 days'], ['90days', '90 days'], ['1year', '1 year'], ['', 'never']];
export const GRACES = [['', 'not at all: it ends at once'], ['1h', '1 hour'], ['1day', '1 day'], ['7days', '7 days']];

const UNIT = '(?:nsec|ns|usec|us|msec|ms|seconds?|secs?|s|minutes?|mins?|min|m|hours?|hrs?|hr|h|days?|d|weeks?|wk|w|months?|M|years?|yr|y)';
const DURATION = new RegExp(`^\\s*(?:\\d+\\s*${UNIT}\\s*)+$`);

/** Whether the server reads a text as a duration above zero. */
export function isDuration(text) {
  return DURATION.test(text) && /[1-9]/.test(text);
}

/**
 * @param {string|null} expiresAt
 * @param {number} now in milliseconds
 * @returns {'never'|'expired'|'near'|'later'}
 */
export function expiryOf(expiresAt, now) {
  if (!expiresAt) return 'never';
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return 'expired';
  return left < NEAR ? 'near' : 'later';
}

/** Tokens with those first that end soon, then all others by name, and expired ones at the end. */
export function byAttention(tokens, now) {
  const rank = ({ expires_at: at }) => ({ near: Date.parse(at), expired: Infinity })[expiryOf(at, now)] ?? Number.MAX_VALUE;
  return [...tokens].sort((left, right) => {
    const [a, b] = [rank(left), rank(right)];
    return a === b ? left.name.localeCompare(right.name) : a - b;
  });
}

/** `9 days`, `5 hours`, `1 minute`: the time that is left, in its largest whole unit up to days. */
export function timeLeft(expiresAt, now) {
  const minutes = Math.floor((Date.parse(expiresAt) - now) / 60_000);
  if (minutes < 1) return 'under a minute';
  const [count, unit] = minutes >= 1440 ? [Math.floor(minutes / 1440), 'day'] : minutes >= 60 ? [Math.floor(minutes / 60), 'hour'] : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
