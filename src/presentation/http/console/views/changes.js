// Changes: the log, newest first and live; each change opens in place and can be reverted.

import { Button } from '../components/button.js';
import { ChangeArticle } from '../components/change-article.js';
import { CopyAs } from '../components/copy-as.js';
import { Field } from '../components/field.js';
import { LiveState } from '../components/header.js';
import { Draft } from '../components/point-picker.js';
import { Empty, Failure, InlineError, Loading } from '../components/states.js';
import { Revision } from '../components/text.js';
import { dayOf, matches } from '../feed.js';
import { count, plural } from '../format.js';
import { connection, pause, resume } from '../live.js';
import { useNames } from '../names.js';
import { hrefOf, withQuery } from '../navigation.js';
import { html, useEffect, useMemo, useRef, useState } from '../preact.js';
import { useStore } from '../store.js';
import { foldersOf } from '../tree.js';
import { useFeed } from '../use-feed.js';

export function View({ route }) {
  const { prefix = '', actor = '', q = '' } = route.query;
  const upTo = /^\d+$/.test(route.query.upto ?? '') ? Number(route.query.upto) : undefined;
  const feed = useFeed({ prefix, actor, text: q, upTo });
  const shown = useMemo(() => feed.changes.filter((change) => matches(change, { actor, text: q })), [feed.changes, actor, q]);
  const filtered = Boolean(prefix || actor || q);
  return html`<div class="page page-changes">
    <div class="page-head"><h1>Changes</h1><${Live} held=${upTo !== undefined} /></div>
    <${Filters} prefix=${prefix} actor=${actor} q=${q} changes=${feed.changes} />
    ${upTo !== undefined && html`<p class="banner banner-warn"><span>You see the log up to <${Revision}>${upTo}<//>. Later changes are left out.</span>
      <a class="push" href=${hrefOf('changes', { prefix, actor, q })}>Show the newest</a></p>`}
    ${feed.error && !feed.changes.length ? html`<${Failure} error=${feed.error} onRetry=${feed.restart} />`
      : shown.length ? html`<${Feed} route=${route} feed=${feed} shown=${shown} filtered=${filtered} />`
      : feed.loading ? html`<${Loading} what=${filtered ? `Searching the log${feed.reached ? `, down to revision ${count(feed.reached)}` : ''}` : 'Loading the log'} />`
      : html`<${Nothing} feed=${feed} filtered=${filtered} prefix=${prefix} />`}
    <footer class="page-foot"><${CopyAs} request=${{ path: '/v1/events', query: { prefix, limit: 1000 } }} command=${prefix ? ['log', prefix] : ['log']} options=${{ actor }} /></footer>
  </div>`;
}

/** The stream's state, and the button that holds it back. */
function Live({ held }) {
  const state = useStore(connection, (current) => current.state);
  if (held) return null;
  const paused = state === 'paused';
  return html`<div class="actions push feed-live">
    <${LiveState} />
    <${Button} onClick=${paused ? resume : pause} disabled=${state === 'connecting' || state === 'offline' || state === 'reconnecting'}>${paused ? 'Resume' : 'Pause'}<//>
  </div>`;
}

function Filters({ prefix, actor, q, changes }) {
  const names = useNames();
  const folders = useMemo(() => foldersOf(names.items, '').slice(0, 200).map((folder) => folder.prefix), [names.items]);
  const actors = useMemo(() => [...new Set(changes.map((change) => change.actor))].slice(0, 100), [changes]);
  const put = (change) => withQuery({ upto: undefined, open: undefined, ...change }, { replace: true, settle: true });
  return html`<div class="filters panel" role="search" aria-label="Filter the changes">
    <${Draft} label="Under" value=${prefix} onChange=${(text) => put({ prefix: text || undefined })} list="feed-folders" placeholder="everything" mono read=${(text) => ({ ok: true, value: text.trim() })} />
    <${LiveField} label="By" value=${actor} onInput=${(text) => put({ actor: text || undefined })} list="feed-actors" placeholder="anybody" />
    <${LiveField} label="With the text" value=${q} onInput=${(text) => put({ q: text || undefined })} placeholder="in a reason, name or value" data-key="/" />
    <datalist id="feed-folders">${folders.map((folder) => html`<option value=${folder} key=${folder} />`)}</datalist>
    <datalist id="feed-actors">${actors.map((each) => html`<option value=${each} key=${each} />`)}</datalist>
  </div>`;
}

/** A field that filters while the user types. */
function LiveField({ label, value, onInput, ...rest }) {
  return html`<${Field} label=${label} type="search" value=${value} onInput=${onInput} autocomplete="off" spellcheck=${false} ...${rest} />`;
}

function Feed({ route, feed, shown, filtered }) {
  const [open, setOpen] = useState(() => new Set(route.query.open ? [Number(route.query.open)] : []));
  const [first] = useState(() => shown[0].revision);
  const list = useRef(null);
  const { unseen, toTop } = useUnseen(shown, list);
  const toggle = (revision) => {
    const next = new Set(open);
    if (!next.delete(revision)) next.add(revision);
    setOpen(next);
    withQuery({ open: next.has(revision) ? revision : undefined }, { replace: true });
  };
  // PageUp and PageDown go from change to change, as in every feed.
  const onKeyDown = (event) => {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    const article = event.target.closest('article');
    if (!step || !article) return;
    const articles = [...list.current.querySelectorAll('article')];
    const next = articles[articles.indexOf(article) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return html`
    ${unseen > 0 && html`<div class="feed-unseen"><${Button} kind="primary" onClick=${toTop}>${plural(unseen, 'newer change')}<//></div>`}
    <div ref=${list} role="feed" aria-label="Changes" class="feed" aria-busy=${feed.loading ? 'true' : 'false'} onKeyDown=${onKeyDown}>
      ${shown.map((change, index) => html`<${ChangeArticle} key=${change.revision} change=${change} position=${index + 1} total=${feed.complete ? shown.length : -1}
        day=${index === 0 || dayOf(change.created_at, Date.now()) !== dayOf(shown[index - 1].created_at, Date.now())}
        open=${open.has(change.revision)} fresh=${change.revision > first} onToggle=${() => toggle(change.revision)} />`)}
    </div>
    <${End} feed=${feed} shown=${shown} filtered=${filtered} />`;
}

/** How many changes came on top while the reader was further down. */
function useUnseen(shown, list) {
  const newest = shown[0].revision;
  const [seen, setSeen] = useState(newest);
  useEffect(() => {
    const scroller = list.current.closest('.main');
    const look = () => { if (scroller.scrollTop < 80) setSeen(newest); };
    look();
    scroller.addEventListener('scroll', look, { passive: true });
    return () => scroller.removeEventListener('scroll', look);
  }, [newest]);
  return {
    unseen: shown.findIndex(({ revision }) => revision <= seen),
    toTop: () => list.current.closest('.main').scrollTo(0, 0),
  };
}

/** The end of what is loaded: it loads on when it comes into view, and says how far the search went. */
function End({ feed, shown, filtered }) {
  const end = useRef(null);
  const more = useRef(feed.more);
  const may = !feed.loading && !feed.complete && !feed.asks && !feed.error;
  useEffect(() => {
    if (!may) return undefined;
    const observer = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) more.current(); }, { root: end.current.closest('.main'), rootMargin: '600px' });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [may, shown.length]);
  return html`<div ref=${end} class="feed-end muted">
    ${feed.error && html`<${InlineError} error=${feed.error}> <button type="button" class="link" onClick=${feed.more}>Try again</button><//>`}
    ${feed.complete
      ? html`<p>${filtered ? `${plural(shown.length, 'change')} of the whole log match.` : 'This is the first change that you may see.'}</p>`
      : feed.asks ? html`<p>${plural(shown.length, 'change')} found down to revision ${count(feed.reached)}. Older ones are not searched yet. <button type="button" class="link" onClick=${feed.more}>Search on</button></p>`
      : feed.error ? null : html`<p>${plural(shown.length, 'change')} down to revision ${count(feed.reached)}. Older ones load as you scroll. <button type="button" class="link" onClick=${feed.more} disabled=${feed.loading}>Load older</button></p>`}
  </div>`;
}

function Nothing({ feed, filtered, prefix }) {
  if (!filtered) {
    return html`<div class="panel"><${Empty} icon="history" title="Nothing has changed yet">
      <p>Each write appears here when it happens. <a href="#/">Go to browse</a></p>
      <p class="muted">If you expected changes here, your token may not be allowed to read them.</p><//></div>`;
  }
  return html`<div class="panel"><${Empty} title="No change matches">
    <p>${feed.complete ? 'The whole log was searched.' : `The log was searched down to revision ${count(feed.reached)}.`}
      ${!feed.complete && html` <button type="button" class="link" onClick=${feed.more}>Search on</button>`}</p>
    <p>${prefix && 'A prefix is compared letter by letter; end it with / to mean a folder. '}<a href="#/changes">Show all changes</a></p><//></div>`;
}
