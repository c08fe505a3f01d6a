// Edits that are not saved yet, by name, so that signing in again or going elsewhere does not lose them.

const drafts = new Map();

export const draftOf = (name) => drafts.get(name);
export const keepDraft = (name, draft) => drafts.set(name, draft);
export const dropDraft = (name) => drafts.delete(name);

/** How an edit begins: `base` is the item as it was then, null for a new value. */
export function firstDraft(item) {
  const type = item?.content_type?.split(';')[0] ?? '';
  return { base: item, value: item?.value ?? '', type, secret: Boolean(item?.secret), reason: '', step: 'write' };
}
