// Paths and queries of the HTTP contract. No DOM.

import { encodeName } from './router.js';

/**
 * The path of a name under /v1/config. Slashes stay as they are, except in the few names that the server or the
 * browser would read as something else.
 */
export function configPath(name) {
  const segments = name.split('/');
  const special = /\/(history|at\/[^/]*)$/.test(name) || segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  return `/v1/config/${special ? encodeURIComponent(name) : encodeName(name)}`;
}

/** `?a=1&b=2`, or nothing; absent values are left out. */
export function queryString(query = {}) {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(entries.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : '';
}

/** The path of the schema of a prefix. A last segment `check` would be read as the check of the prefix before it. */
export function schemaPath(prefix) {
  if (/\/check$/.test(prefix)) return `/v1/schemas/${encodeURIComponent(prefix)}`;
  return configPath(prefix).replace('/v1/config/', '/v1/schemas/');
}
