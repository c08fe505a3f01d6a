// The change set: edits collected from anywhere, kept in the tab's storage so that a reload keeps them. No DOM.

import { compareNames } from './tree.js';

const KEY = 'configapi.changeset';

/**
 * One edit. `base` is the revision that the edit was made on (0: the name was absent); the commit checks it.
 * `before` is the value then, absent for secrets.
 * @typedef {{name: string, kind: 'set'|'delete', value?: string, contentType?: string, secret?: boolean,
 *            base: number, before?: string|null}} Edit
 */

/** @param {Pick<Storage, 'getItem'|'setItem'|'removeItem'>} storage */
export function createChangeSet(storage) {
  /** @type {Edit[]} */
  let edits = read(storage);
  const listeners = new Set();

  const save = (next) => {
    if (next.length) keep(storage, next);
    else storage.removeItem(KEY);
    edits = next;
    for (const listener of listeners) listener(edits);
  };

  const addAll = (added) => {
    const byName = new Map(edits.map((edit) => [edit.name, edit]));
    for (const edit of added) {
      const first = byName.get(edit.name);
      byName.set(edit.name, first ? { ...edit, base: first.base, before: first.before } : edit);
    }
    save([...byName.values()].sort((left, right) => compareNames(left.name, right.name)));
  };

  return {
    /** The edits in the order of their names. The array is never changed, only replaced. */
    list: () => edits,
    get: (name) => edits.find((edit) => edit.name === name),
    /** Adds an edit; a second edit of a name replaces the first, and keeps what the first was based on. */
    add: (edit) => addAll([edit]),
    /** Adds many edits at once. Throws, and adds none, if they are more than the tab can keep. */
    addAll,
    /** Replaces an edit as it is given, also what it is based on: how a conflict is settled. */
    replace(edit) {
      save(edits.map((each) => (each.name === edit.name ? edit : each)));
    },
    remove(name) {
      save(edits.filter((edit) => edit.name !== name));
    },
    clear() {
      save([]);
    },
    /** @returns {() => void} ends the subscription */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** The body of POST /v1/transactions. */
    operations: () => edits.map(operationOf),
  };
}

function keep(storage, edits) {
  try {
    storage.setItem(KEY, JSON.stringify(edits));
  } catch {
    throw new Error('the change set is larger than the browser can keep for a tab: commit what is in it first');
  }
}

/** An edit as an operation of POST /v1/transactions. */
export function operationOf({ name, kind, value, contentType, secret, base }) {
  if (kind === 'delete') return { delete: { name, if_revision: base } };
  return { set: { name, value, if_revision: base, ...(contentType ? { content_type: contentType } : {}), ...(secret === undefined ? {} : { secret }) } };
}

function read(storage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((edit) => typeof edit?.name === 'string') : [];
  } catch {
    return [];
  }
}
