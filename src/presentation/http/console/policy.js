// The server's policy, asked for once: which changes need a reason.

import { getPolicy } from './api.js';
import { session } from './session.js';
import { createStore, useStore } from './store.js';
import { useEffect } from './preact.js';

const policy = createStore({ token: undefined, prefixes: [] });

/** Whether the policy wants a reason for a change of any of these names. Prefixes match by whole segments. */
export function useReasonRequired(names) {
  const token = useStore(session, (current) => current.token);
  const prefixes = useStore(policy, (current) => current.prefixes);
  useEffect(() => {
    if (policy.get().token === token) return;
    getPolicy().then(
      ({ data }) => policy.set({ token, prefixes: data.require_reason ?? [] }),
      () => {}, // The server decides in the end, and says so.
    );
  }, [token]);
  return names.some((name) => prefixes.some((prefix) => covers(prefix, name)));
}

/** Whether a prefix covers a name by whole segments. */
export function covers(prefix, name) {
  const folder = prefix.replace(/\/$/, '');
  return folder === '' || name === folder || name.startsWith(`${folder}/`);
}
