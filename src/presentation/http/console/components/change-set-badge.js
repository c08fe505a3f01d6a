// How many edits the change set holds.

import { html } from '../preact.js';
import { useChangeSet } from '../tray.js';

export function ChangeSetBadge() {
  const edits = useChangeSet();
  return edits.length > 0 && html`<span class="count-badge" aria-label=${`${edits.length} edits`}>${edits.length}</span>`;
}
