// The server's policy, asked for once: which changes need a reason, and which a confirmation.

import { getPolicy } from './api.js';
import { confirmationNeeded, covers } from './protection.js';
import { session } from './session.js';
import { createStore, useStore } from './store.js';
import { useEffect } from './preact.js';

const policy = createStore({ token: undefined, prefixes: [], protections: [] });

function usePolicy() {
  const token = useStore(session, (current) => current.token);
  useEffect(() => {
    if (policy.get().token === token) return;
    getPolicy().then(
      ({ data }) => policy.set({ token, prefixes: data.require_reason ?? [], protections: data.protect ?? [] }),
      () => {}, // The server decides in the end, and says so.
    );
  }, [token]);
  return useStore(policy);
}

/** Takes over a policy that was just set, so that the next change follows it. */
export function policyIsSet({ require_reason: prefixes, protect: protections }) {
  policy.set({ token: session.get().token, prefixes, protections });
}

/** Whether the policy wants a reason for a change of any of these names. Prefixes match by whole segments. */
export function useReasonRequired(names) {
  const { prefixes } = usePolicy();
  return names.some((name) => prefixes.some((prefix) => covers(prefix, name)));
}

/** The confirmation that a change of these names needs, or null: `{prefix, names, limit}`. */
export function useConfirmation(names) {
  const { protections } = usePolicy();
  return confirmationNeeded(protections, names);
}
