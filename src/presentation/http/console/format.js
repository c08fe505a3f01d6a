// Times, sizes, and texts in which nothing is invisible. No DOM.

/** The units of relative times and durations, in seconds. */
export const UNITS = [['year', 31_557_600], ['month', 2_629_800], ['week', 604_800], ['day', 86_400], ['hour', 3600], ['minute', 60]];

/** `3 minutes ago`, from an instant and the present in milliseconds. */
export function relativeTime(instant, now) {
  const seconds = Math.round((now - Date.parse(instant)) / 1000);
  if (Number.isNaN(seconds)) return '';
  const past = seconds >= 0;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  if (unit === 'second' && Math.abs(seconds) < 5) return 'just now';
  const count = Math.floor(Math.abs(seconds) / size);
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return past ? `${text} ago` : `in ${text}`;
}

const LOCAL = { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false };

/** The instant in the reader's time zone, to the second. */
export function localTime(instant) {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? String(instant) : formatter('local', LOCAL).format(date);
}

/** The instant for the axis of a plot whose ticks are `step` milliseconds apart. */
export function axisTime(time, step) {
  const options = step < 1000 ? { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false }
    : step < 60_000 ? { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }
    : step < 86_400_000 ? { hour: '2-digit', minute: '2-digit', hour12: false }
    : step < 28 * 86_400_000 ? { month: 'short', day: 'numeric' }
    : { year: 'numeric', month: 'short' };
  return formatter(JSON.stringify(options), options).format(new Date(time));
}

// A formatter costs a millisecond to make and nothing to use.
const formatters = new Map();
function formatter(key, options) {
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(undefined, options));
  return formatters.get(key);
}

/** `12,345`. */
export function count(number) {
  return new Intl.NumberFormat('en').format(number);
}

/** `1 value`, `2 values`. */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

// C0 but tab and line feed, DEL, C1, soft hyphen, zero-width, bidirectional marks, embeddings and isolates,
// invisible operators, byte order mark, tags.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e007f}]/u;
const INVISIBLE_ALL = new RegExp(INVISIBLE.source, 'gu');

/** Whether a text holds characters that cannot be seen or that turn the text around. */
export function hasInvisible(text) {
  return INVISIBLE.test(text);
}

/**
 * A text as parts: what can be shown as it is, and `{hidden: 'U+202E'}` for each character that cannot be seen.
 * @returns {(string | {hidden: string})[]}
 */
export function visibleParts(text) {
  if (!hasInvisible(text)) return [text];
  const parts = [];
  let shown = 0;
  for (const match of text.matchAll(INVISIBLE_ALL)) {
    if (match.index > shown) parts.push(text.slice(shown, match.index));
    parts.push({ hidden: codePoint(match[0]) });
    shown = match.index + match[0].length;
  }
  if (shown < text.length) parts.push(text.slice(shown));
  return parts;
}

/** The same as one string, for titles and accessible names. */
export function visibleText(text) {
  return visibleParts(text).map((part) => (typeof part === 'string' ? part : `[${part.hidden}]`)).join('');
}

function codePoint(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
