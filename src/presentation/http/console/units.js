// Sizes and durations. No DOM.

import { plural, UNITS } from './format.js';

/** `1.5 KiB`, from a number of bytes. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const kibibytes = bytes / 1024;
  if (kibibytes < 1024) return `${kibibytes < 10 ? kibibytes.toFixed(1) : Math.round(kibibytes)} KiB`;
  return `${(kibibytes / 1024).toFixed(1)} MiB`;
}

/** The number of bytes of a text in UTF-8. */
export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

/** `5 days`, from a number of seconds. */
export function duration(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ['second', 1];
  return plural(Math.floor(seconds / length), unit);
}
