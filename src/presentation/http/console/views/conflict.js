// Two people changed one value: theirs and mine side by side, and both ways on.

import { Button } from '../components/button.js';
import { Actor, Text, Time } from '../components/text.js';
import { ValueDiff } from '../components/value-diff.js';
import { html } from '../preact.js';

/** @param {{name: string, base: object|null, theirs: object|null, mine: object, onMine: () => void, onTheirs: () => void}} props */
export function Conflict({ base, theirs, mine, onMine, onTheirs }) {
  return html`<div class="panel editor conflict" role="alert">
    <div class="panel-head"><h2>This value has changed since you opened it</h2></div>
    <p class="panel-body muted">Nothing was written. Both differences are against what you saw${base ? `, revision ${base.revision}` : ': no value'}.</p>
    <div class="conflict-sides">
      <section aria-label="Theirs"><h3>Theirs</h3>
        ${theirs ? html`<p class="muted small">set <${Time} at=${theirs.updated_at} /> by <${Actor}>${theirs.updated_by}<//>${theirs.reason && html`: <${Text}>${theirs.reason}<//>`}</p>` : html`<p class="muted small">the value was deleted</p>`}
        <${ValueDiff} from=${base} to=${theirs} />
      </section>
      <section aria-label="Mine"><h3>Mine</h3><p class="muted small">not written yet</p><${ValueDiff} from=${base} to=${mine} /></section>
    </div>
    <div class="panel-body actions">
      <${Button} kind="primary" onClick=${onMine}>Keep mine<//>
      <${Button} onClick=${onTheirs}>Take theirs<//>
      <span class="muted small">"Keep mine" shows the review against theirs before anything is written.</span>
    </div>
  </div>`;
}
