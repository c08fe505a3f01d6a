// The addresses of the console: a hash such as `#/value/app/db_url?at=417` to a route, and back. No DOM.

/** The views, by the first segment of their address. The value says whether a name follows. */
const VIEWS = {
  '': { view: 'browse' },
  value: { view: 'value', named: true },
  history: { view: 'history', named: true },
  diff: { view: 'diff' },
  changes: { view: 'changes' },
  changeset: { view: 'changeset' },
  import: { view: 'import' },
  access: { view: 'access' },
  operations: { view: 'operations' },
};

/** @typedef {{view: string, name?: string, query: Record<string, string>}} Route */

/** @returns {Route} the route of a location's hash; the view is `unknown` where no view has that address */
export function parse(hash) {
  const address = hash.replace(/^#?\/?/, '');
  const mark = address.indexOf('?');
  const path = mark < 0 ? address : address.slice(0, mark);
  const query = Object.fromEntries(new URLSearchParams(mark < 0 ? '' : address.slice(mark + 1)));
  const slash = path.indexOf('/');
  const first = slash < 0 ? path : path.slice(0, slash);
  const entry = Object.hasOwn(VIEWS, first) ? VIEWS[first] : undefined;
  if (!entry) return { view: 'unknown', query };
  if (!entry.named) return { view: entry.view, query };
  const name = slash < 0 ? '' : decodeName(path.slice(slash + 1));
  return name ? { view: entry.view, name, query } : { view: 'unknown', query };
}

/** @param {Route} route @returns {string} the hash of a route; empty parameters are left out */
export function format({ view, name, query = {} }) {
  const first = Object.keys(VIEWS).find((key) => VIEWS[key].view === view) ?? '';
  const path = name === undefined ? first : `${first}/${encodeName(name)}`;
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  return `#/${path}${search ? `?${search}` : ''}`;
}

/** Encodes each segment of a name and keeps its slashes readable. */
export function encodeName(name) {
  return name.split('/').map(encodeURIComponent).join('/');
}

function decodeName(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    // A link that somebody typed by hand may hold a bare `%`.
    return path;
  }
}
