// One change of the log: who, when, why, and what; opened, its events as differences.

import { planRevert } from '../actions.js';
import { sidesOf } from '../events.js';
import { dayOf } from '../feed.js';
import { count, plural, visibleText } from '../format.js';
import { hrefOf } from '../navigation.js';
import { html, useId, useMemo, useState } from '../preact.js';
import { Button, CopyButton, LinkButton } from './button.js';
import { ChangeList } from './change-list.js';
import { CopyAs } from './copy-as.js';
import { Brief } from './difference-row.js';
import { Icon } from './icon.js';
import { Actor, Name, Revision, Text, Time } from './text.js';

/** So many names are shown of a closed change. */
const SHOWN = 3;
const MARKS = { added: '+', changed: '~', removed: '−', shredded: '×' };

/**
 * @param {{change: object, position: number, total: number, day: boolean, open: boolean, fresh: boolean,
 *          onToggle: () => void}} props `total` is -1 while older changes are not loaded; `day`: a day begins here
 */
export function ChangeArticle({ change, position, total, day, open, fresh, onToggle }) {
  const heading = useId();
  const sides = useMemo(() => change.events.map(sidesOf), [change]);
  const { revision, reason, actor } = change;
  // Articles that are not on the screen are as high as their rows will be.
  const rows = Math.min(sides.length, SHOWN + 1) + (change.partial ? 1 : 0) + (day ? 1 : 0);
  return html`<article style=${{ '--rows': rows }} class=${`entry ${open ? 'entry-open' : ''} ${fresh ? 'entry-fresh' : ''}`} tabindex="0" aria-posinset=${position} aria-setsize=${total} aria-labelledby=${heading} data-revision=${revision}>
    ${day && html`<p class="entry-day">${dayOf(change.created_at, Date.now())}</p>`}
    <div class="entry-card">
      <header class="entry-head" onClick=${(event) => { if (!event.target.closest('a, button')) onToggle(); }}>
        <h2 id=${heading} class="entry-title"><button type="button" class="entry-toggle" aria-expanded=${open ? 'true' : 'false'} onClick=${onToggle}>
          <${Icon} name="chevron" /><span class="entry-reason">${reason ? html`<bdi><${Text}>${reason}<//></bdi>` : html`<span class="muted">${titleOf(sides)}</span>`}</span></button></h2>
        <p class="entry-facts"><${Actor}>${actor}<//> <${Time} at=${change.created_at} /> <a href=${hrefOf('browse', { at: revision })} title="See everything as it was then"><${Revision}>${revision}<//></a></p>
      </header>
      ${open ? html`<${Opened} change=${change} sides=${sides} />` : html`<${Names} sides=${sides} partial=${change.partial} />`}
    </div>
  </article>`;
}

/** The title of a change without a reason. */
function titleOf(sides) {
  if (sides.length !== 1) return plural(sides.length, 'name');
  return `${sides[0].kind} ${visibleText(sides[0].name)}`;
}

function Names({ sides, partial }) {
  const shown = sides.slice(0, SHOWN);
  return html`<ul class="entry-names">
    ${shown.map((side) => html`<li key=${side.name} class=${`row-${side.kind}`}>
      <span class="row-mark" aria-hidden="true">${MARKS[side.kind]}</span><span class="visually-hidden">${side.kind} </span>
      <a href=${hrefOf('value', {}, side.name)}><${Name}>${side.name}<//></a>
      <span class="row-brief mono">${side.kind === 'shredded' ? html`<span class="muted">shredded</span>` : html`<${Brief} difference=${side} />`}</span>
    </li>`)}
    ${sides.length > SHOWN && html`<li class="muted entry-rest">and ${plural(sides.length - SHOWN, 'more name')}; in all ${tally(sides)}</li>`}
    ${partial && html`<li class="muted entry-rest">Your token may not see all of this change.</li>`}
  </ul>`;
}

function tally(sides) {
  return Object.keys(MARKS).map((kind) => [kind, sides.filter((side) => side.kind === kind).length])
    .filter(([, number]) => number > 0).map(([kind, number]) => `${count(number)} ${kind}`).join(', ');
}

function Opened({ change, sides }) {
  const { revision, reason } = change;
  const shredded = sides.filter(({ kind }) => kind === 'shredded');
  const others = sides.filter(({ kind }) => kind !== 'shredded');
  const metadata = change.events[0]?.metadata ?? {};
  return html`<div class="entry-body">
    <dl class="entry-table">
      <${Fact} label="When"><${Time} at=${change.created_at} exact /> <span class="muted mono">${change.created_at}</span><//>
      <${Fact} label="Who"><${Actor}>${change.actor}<//><//>
      <${Fact} label="Why">${reason ? html`<bdi><${Text}>${reason}<//></bdi>` : html`<span class="muted">not said</span>`}<//>
      ${metadata.request_id && html`<${Fact} label="Request"><span class="mono"><${Text}>${metadata.request_id}<//></span><//>`}
      ${metadata.trace_id && html`<${Fact} label="Trace"><span class="mono"><${Text}>${metadata.trace_id}<//></span><//>`}
    </dl>
    <div class="actions entry-actions">
      ${others.length > 0 && html`<${Button} icon="undo" onClick=${() => planRevert({ revision })}>Revert this change<//>`}
      <${LinkButton} kind="quiet" icon="compare" href=${hrefOf('diff', { from: revision - 1 })}>Compare before with now<//>
      <${CopyButton} icon="link" text=${() => `${location.origin}${location.pathname}${hrefOf('changes', { upto: revision, open: revision })}`}>Copy link<//>
      <${CopyAs} request=${{ path: '/v1/events', query: { after: revision - 1, limit: 1 } }} command=${['show', revision]} />
    </div>
    ${change.partial && html`<p class="banner">Your token may not see all of this change.</p>`}
    ${others.length > 0 && html`<${ChangeList} changes=${others} actions=${({ name }) => html`<a class="entry-history" href=${hrefOf('history', {}, name)}>history</a>`} />`}
    ${shredded.length > 0 && html`<${Shredded} sides=${shredded} />`}
  </div>`;
}

function Shredded({ sides }) {
  const [all, setAll] = useState(false);
  const shown = all ? sides : sides.slice(0, 20);
  return html`<div class="change-list">${shown.map(({ name }) => html`<p class="entry-shredded" key=${name}><span class="badge badge-bad">shredded</span> <${Name}>${name}<//> <span class="muted">its text was destroyed and cannot come back</span></p>`)}
    ${shown.length < sides.length && html`<p class="cut-note">${shown.length} of ${plural(sides.length, 'name')} shown. <button type="button" class="link" onClick=${() => setAll(true)}>Show all</button></p>`}</div>`;
}

function Fact({ label, children }) {
  return html`<div><dt>${label}</dt><dd>${children}</dd></div>`;
}
