// One name of a difference: on one line what differs, and opened the whole.

import { beginning, briefOf, memberName } from '../comparison.js';
import { hrefOf } from '../navigation.js';
import { html, useMemo } from '../preact.js';
import { stylesheet } from '../styles.js';
import { Icon } from './icon.js';
import { Name, Text } from './text.js';
import { ValueDiff } from './value-diff.js';

// Several views have these rows.
await stylesheet('css/rows.css');

const MARKS = { added: '+', changed: '~', removed: '−', unknown: '?', same: '=' };
const LABELS = { added: 'added', changed: 'changed', removed: 'removed', unknown: 'cannot tell', same: 'the same' };
const PREFIX_LABELS = { added: 'only right', changed: 'differs', removed: 'only left', unknown: 'cannot tell' };

/**
 * @param {{difference: import('../comparison.js').Difference, open: boolean, onToggle: () => void,
 *          at: {from?: number|string, to?: number|string}, actions?: unknown}} props `at`: the points of the links
 */
export function DifferenceRow({ difference, open, onToggle, at, actions }) {
  const { name, names, kind, from, to } = difference;
  const label = (names ? PREFIX_LABELS : LABELS)[kind];
  const click = (event) => { if (!event.target.closest('a, button')) onToggle(); };
  return html`
    <div class=${`row-head row-${kind}`} onClick=${click}>
      <button type="button" class="row-toggle" data-row-toggle aria-expanded=${open ? 'true' : 'false'} onClick=${onToggle}>
        <${Icon} name="chevron" /><span class="row-mark" aria-hidden="true">${MARKS[kind]}</span><span class="visually-hidden">${label} </span><${Name}>${name}<//>
      </button>
      <div class="row-brief mono">${!open && html`<${Brief} difference=${difference} />`}</div>
    </div>
    ${open && html`<div class="row-body">
      <div class="row-links">
        <span class=${`badge ${kind === 'unknown' ? 'badge-warn' : `badge-${kind}`}`}>${label}</span>
        <${Sides} name=${name} names=${names} from=${from} to=${to} at=${at} />
        ${actions && html`<div class="actions push">${actions}</div>`}
      </div>
      ${kind === 'unknown'
        ? html`<p class="diff-note">Both are secrets. The server never says whether secrets of two names are the same.</p>`
        : html`<${ValueDiff} from=${from} to=${to} />`}
    </div>`}`;
}

function Sides({ name, names, from, to, at }) {
  const link = (side, item, point, label) => item && html`<a href=${hrefOf('value', { at: point }, side)}>${names ? html`<${Name}>${side}<//>` : label}</a>`;
  return html`<span class="row-sides">
    ${link(names?.from ?? name, from, at.from, 'as it was')}
    ${link(names?.to ?? name, to, at.to, at.to === undefined ? 'as it is now' : 'as it became')}
    <a href=${hrefOf('history', {}, names?.to ?? name)}>history</a>
  </span>`;
}

/** What differs, on one line. */
export function Brief({ difference }) {
  const brief = useMemo(() => briefOf(difference), [difference]);
  if (brief.form === 'secret') return html`<span class="dots">••••••••</span> <span class="muted">${secretText(difference, brief)}</span>`;
  if (brief.form === 'text') {
    const text = brief.text === '' ? html`<span class="muted">(empty)</span>` : html`<bdi><${Text}>${brief.text}<//></bdi>`;
    return brief.added ? html`<ins>${text}</ins>` : html`<del>${text}</del>`;
  }
  if (brief.form === 'same') return html`<span class="muted">the same value, set again</span>`;
  if (brief.form === 'words') {
    return html`<del><${Parts} parts=${brief.before} /></del><span class="diff-arrow" aria-label="becomes">→</span><ins><${Parts} parts=${brief.after} /></ins>`;
  }
  if (brief.form === 'members') {
    return html`${brief.members.map(({ pointer, kind, before, after }) => html`<span class="row-member" key=${pointer}><span class="muted"><${Text}>${memberName(pointer)}<//></span>
      ${kind !== 'added' && html`<del><${Text}>${beginning(JSON.stringify(before))}<//></del>`}${kind === 'changed' && html`<span class="diff-arrow" aria-label="becomes">→</span>`}${kind !== 'removed' && html`<ins><${Text}>${beginning(JSON.stringify(after))}<//></ins>`}</span>`)}
      ${brief.more > 0 && html`<span class="muted row-member">and ${brief.more} more</span>`}`;
  }
  return html`<span class="muted">${brief.before === 1 && brief.after === 1 ? 'a long value' : `${brief.before} → ${brief.after} lines`}, ${brief.length === 0 ? 'as long as before' : brief.length > 0 ? `${brief.length} longer` : `${-brief.length} shorter`}</span>`;
}

function secretText({ kind, from, to }, { shredded }) {
  if (shredded) return 'shredded';
  if (kind === 'unknown') return 'secrets of two names';
  if (!from || !to) return 'a secret';
  if (!from.fingerprint || !to.fingerprint) return 'a secret, set again';
  return from.fingerprint === to.fingerprint ? 'the same secret, set again' : 'the secret differs';
}

function Parts({ parts }) {
  return html`<bdi>${parts.map(({ text, changed }) => (changed ? html`<mark><${Text}>${text}<//></mark>` : html`<${Text}>${text}<//>`))}</bdi>`;
}
