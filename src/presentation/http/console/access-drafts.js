// The policy and the schema that are being edited. They outlive the view, so that another tab of it loses nothing.

import { navigate } from './navigation.js';
import { createStore } from './store.js';

/** `{base: {policy, etag}, form, step: 'write'|'review', reason}`, or null. */
export const policyDraft = createStore(null);

/** `{prefix, base: {text, etag}|null, text, step, reason}`, or null; without a base the prefix has no schema yet. */
export const schemaDraft = createStore(null);

export function editPolicy(draft) {
  policyDraft.set({ step: 'write', reason: '', ...draft });
  navigate({ view: 'access', query: { tab: 'policy' } });
}

export function editSchema(draft) {
  schemaDraft.set({ step: 'write', reason: '', ...draft });
  navigate({ view: 'access', query: { tab: 'schemas', schema: 'edit' } });
}
