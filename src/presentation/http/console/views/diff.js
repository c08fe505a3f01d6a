// Compare: what differs between two points, or between two prefixes, by name.

import { planRestore } from '../actions.js';
import { getDiff, listValues, resolvePoint } from '../api.js';
import { briefOf, comparePrefixes, countKinds, editTowardsLeft, filterDifferences, isWhole } from '../comparison.js';
import { Button, CopyButton, LinkButton } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { DifferenceRow } from '../components/difference-row.js';
import { ExpandableList } from '../components/expandable-list.js';
import { announce, complain } from '../components/notices.js';
import { Draft, PointPicker } from '../components/point-picker.js';
import { Empty, Failure, InlineError, Loading } from '../components/states.js';
import { Name } from '../components/text.js';
import { useNarrow } from '../components/use-narrow.js';
import { count, plural } from '../format.js';
import { begin, head } from '../live.js';
import { useNames } from '../names.js';
import { hrefOf, navigate, withQuery } from '../navigation.js';
import { html, useMemo, useState } from '../preact.js';
import { touches, useResource } from '../resource.js';
import { useStore } from '../store.js';
import { useRevision } from '../time.js';
import { changeSet } from '../tray.js';
import { foldersOf } from '../tree.js';

/** So few differences are opened from the start, where one line does not show them. */
const OPEN_MAX = 8;

export function View({ route }) {
  const { from, to, prefix = '', with: other = '', q = '', kind = '' } = route.query;
  const twoPrefixes = route.query.by === 'prefix' || other !== '';
  const chosen = twoPrefixes ? prefix !== '' || other !== '' : from !== undefined;
  const load = async (signal) => {
    if (!chosen) return null;
    return twoPrefixes ? comparedPrefixes({ from, to, prefix, other, signal }) : comparedPoints({ from, to, prefix, signal });
  };
  const isLive = to === undefined || (twoPrefixes && from === undefined);
  const result = useResource(load, [from, to, prefix, other, chosen], {
    refreshOn: (changes) => isLive && chosen && (touches(changes, prefix) || (twoPrefixes && touches(changes, other))),
  });
  const differences = result.data?.differences ?? [];
  const shown = useMemo(() => filterDifferences(differences, { text: q, kind }), [result.data, q, kind]);
  return html`<div class="page page-diff">
    <div class="page-head"><h1>Compare</h1>
      <${Mode} route=${route} twoPrefixes=${twoPrefixes} />
      <div class="actions push">${result.data && html`<${CopyButton} icon="link" text=${() => linkTo(route, result.data)}>Copy link<//>`}</div>
    </div>
    <${Sides} route=${route} twoPrefixes=${twoPrefixes} result=${result.data} />
    ${!chosen ? html`<${Start} twoPrefixes=${twoPrefixes} />`
      : result.error && !result.data ? html`<${Failure} error=${result.error} onRetry=${result.reload} />`
      : !result.data ? html`<${Loading} what="Comparing" />`
      : html`<${Differences} route=${route} result=${result} shown=${shown} twoPrefixes=${twoPrefixes} />`}
    ${chosen && html`<footer class="page-foot"><${CopyAs} ...${commandOf({ from, to, prefix, twoPrefixes })} /></footer>`}
  </div>`;
}

async function comparedPoints({ from, to, prefix, signal }) {
  const { data } = await getDiff({ from, to, prefix, signal });
  return { differences: data.changes, from: data.from, to: data.to, same: null };
}

async function comparedPrefixes({ from, to, prefix, other, signal }) {
  const [left, right] = await Promise.all([listValues({ at: from, prefix, signal }), listValues({ at: to, prefix: other, signal })]);
  return { ...comparePrefixes(left.data, prefix, right.data, other), from: left.revision, to: right.revision };
}

/** A link that shows the same later, too: its points are revisions. */
function linkTo(route, { from, to }) {
  return `${location.origin}${location.pathname}${hrefOf('diff', { ...route.query, from, to })}`;
}

function commandOf({ from, to, prefix, twoPrefixes }) {
  if (twoPrefixes) return { request: { path: '/v1/config', query: { prefix, at: from } } };
  return { request: { path: '/v1/diff', query: { from, to, prefix } }, command: to === undefined ? ['diff', from] : ['diff', from, to], options: { prefix } };
}

function Mode({ route, twoPrefixes }) {
  const { query } = route;
  return html`<div class="segmented" role="group" aria-label="What to compare">
    <button type="button" aria-pressed=${twoPrefixes ? 'false' : 'true'} onClick=${() => navigate({ view: 'diff', query: { ...query, with: undefined, by: undefined } })}>Two points</button>
    <button type="button" aria-pressed=${twoPrefixes ? 'true' : 'false'} onClick=${() => navigate({ view: 'diff', query: { ...query, by: 'prefix', from: undefined, to: undefined } })}>Two prefixes</button>
  </div>`;
}

function Sides({ route, twoPrefixes, result }) {
  const { from, to, prefix = '', with: other = '' } = route.query;
  const revisions = { from: useRevision(from), to: useRevision(to) };
  const names = useNames();
  const folders = useMemo(() => suggestionsOf(names.items), [names.items]);
  const swap = () => withQuery({ from: to, to: from, ...(twoPrefixes ? { prefix: other, with: prefix } : {}) });
  const side = (parameter, label, ownPrefix, prefixParameter, children) => html`<${PointPicker} label=${label} side=${parameter === 'from' ? 'The left side' : 'The right side'} point=${route.query[parameter]} revision=${revisions[parameter]}
    prefix=${ownPrefix} onPoint=${(point) => withQuery({ [parameter]: point })} onPrefix=${twoPrefixes ? (text) => withQuery({ [prefixParameter]: text }) : undefined}>${children}<//>`;
  const restore = (point, revision) => !twoPrefixes && point !== undefined && revision !== null
    && html`<${Button} icon="history" onClick=${() => planRestore({ to: revision, prefix })}>Restore to here<//>`;
  const backwards = !twoPrefixes && result && result.from > result.to;
  return html`<div class=${`sides panel ${twoPrefixes ? '' : 'sides-points'}`}>
    ${side('from', twoPrefixes ? 'Left' : 'From', prefix, 'prefix', restore(from, revisions.from))}
    <${Button} kind="quiet" class="sides-swap" icon="compare" label="Swap the sides" onClick=${swap} disabled=${from === undefined && !twoPrefixes} />
    ${side('to', twoPrefixes ? 'Right' : 'To', other, 'with', restore(to, revisions.to))}
    ${!twoPrefixes && html`<div class="sides-under"><${Draft} label="Under" value=${prefix} onChange=${(text) => withQuery({ prefix: text || undefined })} list="compared-folders" placeholder="everything" mono read=${(text) => ({ ok: true, value: text.trim() })} /></div>`}
    ${backwards && html`<p class="sides-note">The left side is the newer one: what is called added was there before. <button type="button" class="link" onClick=${swap}>Swap the sides</button></p>`}
    <datalist id="compared-folders">${folders.map((folder) => html`<option value=${folder} key=${folder} />`)}</datalist>
  </div>`;
}

/** Folders down to the second level: enough to begin with, and few enough for a menu. */
function suggestionsOf(items) {
  const top = foldersOf(items, '').slice(0, 100);
  return top.flatMap(({ prefix }) => [prefix, ...foldersOf(items, prefix).slice(0, 50).map((folder) => folder.prefix)]).slice(0, 500);
}

const AGES = [['15m', '15 minutes'], ['1h', 'hour'], ['24h', 'day'], ['7days', 'week']];

/** Nothing is chosen yet: the comparisons that are asked for most. */
function Start({ twoPrefixes }) {
  const newest = useStore(head);
  const known = useStore(begin) !== null;
  // The age becomes a revision, so that the link still shows the same tomorrow.
  const since = async (age) => {
    try {
      withQuery({ from: String(await resolvePoint(age)) });
    } catch (error) {
      complain(error);
    }
  };
  if (newest === 0) return known && html`<${Empty} icon="compare" title="There is nothing to compare yet"><p>Every change makes a point in time. <a href="#/">Go to browse</a></p><//>`;
  if (twoPrefixes) {
    return html`<${Empty} icon="compare" title="Which two prefixes?">
      <p>Type one on each side, such as <code>staging/</code> and <code>prod/</code>. Names are matched by what follows the prefix.</p><//>`;
  }
  return html`<${Empty} icon="compare" title="Which two points?">
    <p>Drag the handles on the time bar, type a revision, a time or an age, or begin with one of these:</p>
    <div class="state-actions">
      <${Button} onClick=${() => withQuery({ from: String(newest - 1) })}>The last change<//>
      ${AGES.map(([age, label]) => html`<${Button} key=${age} onClick=${() => since(age)}>Last ${label}<//>`)}
      <${Button} onClick=${() => withQuery({ from: '0' })}>Everything since the start<//>
    </div><//>`;
}

const KINDS = [['', 'All', 'All'], ['added', 'Added', 'Only right'], ['changed', 'Changed', 'Differs'], ['removed', 'Removed', 'Only left'], ['unknown', 'Cannot tell', 'Cannot tell']];

function Differences({ route, result, shown, twoPrefixes }) {
  const { from, to, q = '', kind = '', prefix = '', with: other = '' } = route.query;
  const { differences, same } = result.data;
  const counts = useMemo(() => countKinds(differences), [differences]);
  const [open, setOpen] = useOpen(result.data, shown);
  const narrow = useNarrow();
  if (differences.length === 0) return html`${result.error && html`<${InlineError} error=${result.error} />`}<${Same} twoPrefixes=${twoPrefixes} prefix=${prefix} same=${same} />`;
  const canEdit = to === undefined;
  const allOpen = shown.length > 0 && shown.every(({ name }) => open.has(name));
  const toggle = (name) => setOpen((previous) => {
    const next = new Set(previous);
    if (!next.delete(name)) next.add(name);
    return next;
  });
  const row = (difference) => html`<${DifferenceRow} difference=${difference} open=${open.has(difference.name)} onToggle=${() => toggle(difference.name)} at=${{ from, to }}
    actions=${html`<${RowActions} difference=${difference} from=${result.data.from} twoPrefixes=${twoPrefixes} canEdit=${canEdit} />`} />`;
  return html`<section class="panel" aria-busy=${result.loading ? 'true' : undefined}>
    ${result.error && html`<${InlineError} error=${result.error} />`}
    <div class="panel-head diff-tools">
      <div class="segmented" role="group" aria-label="Kind">
        ${KINDS.filter(([key]) => !key || counts[key] > 0 || key === kind).map(([key, ofPoints, ofPrefixes]) => html`<button type="button" key=${key} aria-pressed=${kind === key ? 'true' : 'false'} onClick=${() => withQuery({ kind: key || undefined }, { replace: true })}>${twoPrefixes ? ofPrefixes : ofPoints} ${count(key ? counts[key] : differences.length)}</button>`)}
      </div>
      <input class="input diff-filter" type="search" aria-label="Filter names and values" placeholder="Filter names and values" data-key="/" value=${q} autocomplete="off" spellcheck=${false}
        onInput=${(event) => withQuery({ q: event.currentTarget.value || undefined }, { replace: true, settle: true })} />
      <div class="actions push">
        ${shown.length <= 500 && html`<${Button} kind="quiet" onClick=${() => setOpen(allOpen ? new Set() : new Set(shown.map(({ name }) => name)))}>${allOpen ? 'Close all' : 'Open all'}<//>`}
        ${canEdit && html`<${Button} icon="tray" onClick=${() => collect(shown)} title=${twoPrefixes ? 'Makes the right side like the left one' : 'Puts back the values of the left side'}>${shown.length === 1 ? 'Add to change set' : `Add ${count(shown.length)} to change set`}<//>`}
      </div>
    </div>
    ${shown.length < differences.length && html`<p class="cut-note">${count(shown.length)} of ${plural(differences.length, 'difference')} match. <button type="button" class="link" onClick=${() => withQuery({ q: undefined, kind: undefined }, { replace: true })}>Show all</button></p>`}
    ${twoPrefixes && canEdit && html`<p class="cut-note">An edit makes the right side, <${Name}>${other || 'everything'}<//>, like the left side, <${Name}>${prefix || 'everything'}<//>.</p>`}
    ${shown.length === 0
      ? html`<${Empty} title="No difference matches"><p>Neither a name nor a value contains this.</p><//>`
      : html`<${ExpandableList} label="Differences" items=${shown} keyOf=${({ name }) => name} rowHeight=${narrow ? 3.5 : 2.5} open=${open} renderRow=${row} />`}
    ${same > 0 && html`<p class="cut-note">${plural(same, 'value')} ${same === 1 ? 'is' : 'are'} the same on both sides and not listed.</p>`}
  </section>`;
}

/** Which rows are open. A short comparison begins with rows open. */
function useOpen(result, shown) {
  const [open, setOpen] = useState(() => openAtFirst(shown));
  const [of, setOf] = useState(result);
  if (of !== result) {
    setOf(result);
    if (of.from !== result.from) setOpen(openAtFirst(shown));
  }
  return [open, setOpen];
}

function openAtFirst(shown) {
  return new Set(shown.length <= OPEN_MAX ? shown.filter((each) => !isWhole(briefOf(each))).map(({ name }) => name) : []);
}

function RowActions({ difference, from, twoPrefixes, canEdit }) {
  const edit = canEdit && editTowardsLeft(difference);
  return html`
    ${edit && html`<${Button} kind="quiet" icon="tray" onClick=${() => collect([difference])}>Add to change set<//>`}
    ${!twoPrefixes && difference.from && html`<${Button} kind="quiet" icon="history" onClick=${() => planRestore({ to: from, name: difference.name })}>Restore this version<//>`}`;
}

/** Puts edits into the change set that make the right side like the left side. */
function collect(differences) {
  const edits = differences.map(editTowardsLeft).filter(Boolean);
  const left = differences.length - edits.length;
  const note = left ? ` ${plural(left, 'secret')} left out: the text is not known here.` : '';
  if (edits.length === 0) return complain(new Error('the values are secrets whose text is not known here'));
  try {
    changeSet.addAll(edits);
  } catch (error) {
    return complain(error);
  }
  announce(`${plural(edits.length, 'edit')} in the change set.${note}`, { label: 'Open the change set', icon: 'tray', onClick: () => navigate({ view: 'changeset', query: {} }) });
}

function Same({ twoPrefixes, prefix, same }) {
  return html`<div class="panel"><${Empty} icon="check" title="Nothing differs">
    <p>${twoPrefixes ? `All ${plural(same, 'value')} are the same on both sides.` : html`${prefix ? html`Everything under <${Name}>${prefix}<//>` : 'Everything'} is the same at both points.`}</p>
    <p><${LinkButton} href=${hrefOf('changes', { prefix })}>See what changed when<//></p><//></div>`;
}
