// The HTTP contract, for the set-up of a test and for a second user.

/** A transaction's most operations. */
const OPERATIONS_MAX = 10_000;

export class Api {
  constructor(base, token) {
    this.base = base;
    this.token = token;
  }

  /** @returns {Promise<Response>} whatever its status */
  async send(method, path, body, headers = {}) {
    const sent = { Accept: 'application/json', ...headers };
    if (this.token) sent.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) sent['Content-Type'] ??= 'application/json';
    return fetch(this.base() + path, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  /** The JSON of a response that must succeed. */
  async call(method, path, body, headers) {
    const response = await this.send(method, path, body, headers);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  }

  get(path) {
    return this.call('GET', path);
  }

  /** Sets a value; `more` are members such as `reason` and `content_type`. */
  set(name, value, more = {}) {
    return this.call('PUT', pathOf(name), { value, ...more });
  }

  delete(name, reason) {
    return this.call('DELETE', pathOf(name), undefined, reason ? { 'Config-Reason': encodeURIComponent(reason) } : {});
  }

  item(name) {
    return this.get(pathOf(name));
  }

  /** Sets each name of `{ name: value }` as one change. */
  async transact(values, reason) {
    const operations = Object.entries(values).map(([name, value]) => ({ set: { name, value } }));
    return this.call('POST', '/v1/transactions', { operations, reason });
  }

  /** Sets `count` names in as few changes as possible. */
  async fill(count, nameOf, valueOf = (index) => String(index)) {
    for (let from = 0; from < count; from += OPERATIONS_MAX) {
      const length = Math.min(OPERATIONS_MAX, count - from);
      const operations = Array.from({ length }, (_, index) => ({ set: { name: nameOf(from + index), value: valueOf(from + index) } }));
      await this.call('POST', '/v1/transactions', { operations, reason: 'fill' });
    }
  }

  /** A new token; its text. */
  async newToken(name, scopes, more = {}) {
    return (await this.call('POST', '/v1/tokens', { name, scopes, ...more })).token;
  }

  async head() {
    return (await this.get('/v1/health')).details.head_revision;
  }
}

function pathOf(name) {
  return `/v1/config/${encodeURIComponent(name)}`;
}
