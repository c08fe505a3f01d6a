// Actions as commands to paste: for curl and for the command line client. No DOM.
//
// A command never holds the token; it names the variable that does.

import { queryString } from './paths.js';

/** Quotes a text for a POSIX shell; control characters become escapes that bash and zsh read. */
export function quote(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, (character) =>
    `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `$'${escaped}'`;
}

/**
 * @param {{method?: string, path: string, query?: object, body?: unknown, headers?: Record<string, string>}} request
 * @param {{origin: string, withToken: boolean}} where
 */
export function curlOf({ method = 'GET', path, query, body, headers = {} }, { origin, withToken }) {
  const words = ['curl'];
  if (method !== 'GET') words.push('-X', method);
  words.push(quote(origin + path + queryString(query)));
  if (withToken) words.push('-H', '"Authorization: Bearer $CONFIGAPI_TOKEN"');
  for (const [name, value] of Object.entries(headers)) words.push('-H', quote(`${name}: ${value}`));
  if (body !== undefined) words.push('-H', quote('Content-Type: application/json'), '--data-binary', quote(JSON.stringify(body)));
  return words.join(' ');
}

/** `configapi get app/db_url --at 417`: the words of a command, quoted. Options without a value are left out. */
export function commandOf(words, options = {}) {
  const parts = ['configapi', ...words.map((word) => quote(String(word)))];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === '' || value === false) continue;
    parts.push(`--${name}`);
    if (value !== true) parts.push(quote(String(value)));
  }
  return parts.join(' ');
}
