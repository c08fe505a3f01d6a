// Edits that are not saved yet, by name, so that signing in again or going elsewhere does not lose them.

const drafts = new Map();

export const draftOf = (name) => drafts.get(name);
export const keepDraft = (name, draft) => drafts.set(name, draft);
export const dropDraft = (name) => drafts.delete(name);
