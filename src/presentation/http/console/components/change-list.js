// Names with what happens to each: the form of every plan, difference and change.

import { plural } from '../format.js';
import { html, useState } from '../preact.js';
import { Icon } from './icon.js';
import { Name } from './text.js';
import { ValueDiff } from './value-diff.js';

const SHOWN = 100;
export const KIND_LABELS = { added: 'added', changed: 'changed', removed: 'removed' };

/** `3 to add, 1 to change, 0 to delete`. */
export function summaryOf(changes) {
  const count = (kind) => changes.filter((change) => change.kind === kind).length;
  return `${count('added')} to add, ${count('changed')} to change, ${count('removed')} to delete`;
}

/**
 * @param {{changes: {name: string, kind: string, from: object|null, to: object|null}[], open?: boolean,
 *          actions?: (change: object) => unknown}} props `open`: the differences are shown from the start, as long as
 *   there are few; `actions` renders what can be done with one name
 */
export function ChangeList({ changes, open = true, actions }) {
  const [most, setMost] = useState(SHOWN);
  const shown = changes.slice(0, most);
  return html`<div class="change-list">
    ${shown.map((change) => html`<${Entry} key=${change.name} change=${change} open=${open && changes.length <= 20} actions=${actions} />`)}
    ${shown.length < changes.length && html`<p class="cut-note">${shown.length} of ${plural(changes.length, 'name')} shown.
      <button type="button" class="link" onClick=${() => setMost(most + 500)}>Show more</button></p>`}
  </div>`;
}

function Entry({ change, open, actions }) {
  const [shown, setShown] = useState(open);
  return html`<div class=${`change change-${change.kind}`}>
    <div class="change-head">
      <button type="button" class="change-toggle" aria-expanded=${shown ? 'true' : 'false'} onClick=${() => setShown(!shown)}>
        <${Icon} name="chevron" /><span class=${`badge badge-${change.kind}`}>${KIND_LABELS[change.kind]}</span><${Name}>${change.name}<//>
      </button>
      ${actions?.(change)}
    </div>
    ${shown && html`<${ValueDiff} from=${change.from} to=${change.to} />`}
  </div>`;
}
