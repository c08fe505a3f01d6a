// Two administrators changed the same thing: what the other one made of it, and what this one wants.

import { html } from '../preact.js';
import { Button } from './button.js';
import { ValueDiff } from './value-diff.js';

/** @param {{what: string, base: string|null, theirs: string|null, mine: string, onMine: () => void, onTheirs: () => void}} props texts of JSON; null where there is none */
export function EntryConflict({ what, base, theirs, mine, onMine, onTheirs }) {
  return html`<section class="panel entry-conflict" role="alert" aria-labelledby="conflict">
    <div class="panel-head"><h2 id="conflict">Somebody was faster</h2><span class="muted">${what} has changed since you began. Nothing of yours is written or lost.</span></div>
    <div class="entry-sides">
      <section aria-label="Theirs"><h3>What they changed</h3><${ValueDiff} from=${itemOf(base)} to=${itemOf(theirs)} /></section>
      <section aria-label="Mine"><h3>What yours changes in it</h3><${ValueDiff} from=${itemOf(theirs)} to=${itemOf(mine)} /></section>
    </div>
    <div class="panel-body actions"><${Button} kind="primary" onClick=${onMine}>Keep mine<//><${Button} onClick=${onTheirs}>Take theirs<//>
      <span class="muted small">Keep mine shows the difference again before anything is written.</span></div>
  </section>`;
}

/** A text of JSON as ValueDiff takes it. */
export function itemOf(text) {
  return text === null ? null : { value: text, content_type: 'application/json' };
}
