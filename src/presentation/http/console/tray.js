// The change set of this tab, kept in its storage.

import { createChangeSet } from './changeset.js';
import { editCount } from './edit-count.js';
import { useEffect, useState } from './preact.js';

export const changeSet = createChangeSet(sessionStorage);
changeSet.subscribe((edits) => editCount.set(edits.length));

/** The collected edits; the component renders again when they change. */
export function useChangeSet() {
  const [edits, setEdits] = useState(changeSet.list);
  useEffect(() => {
    setEdits(changeSet.list());
    return changeSet.subscribe(setEdits);
  }, []);
  return edits;
}
