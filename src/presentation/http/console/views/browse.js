// Browse: the tree of names, the grid of values, and search, now or at a point in the past.

import { listNames } from '../api/overview.js';
import { Button, LinkButton } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Crumbs } from '../components/crumbs.js';
import { Checkbox } from '../components/checkbox.js';
import { Icon } from '../components/icon.js';
import { NamesTree } from '../components/names-tree.js';
import { lazy } from '../components/lazy.js';
import { Loading } from '../components/loading.js';
import { ValuesGrid } from '../components/values-grid.js';
import { count, plural } from '../format.js';
import { reloadNames, useNames } from '../names.js';
import { hrefOf, navigate, withQuery } from '../navigation.js';
import { html, useEffect, useMemo, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { matching } from '../search.js';
import { usePoint } from '../time.js';
import { rangeOf } from '../tree.js';

const Failure = lazy(() => import('../components/states.js'), 'Failure');
const InlineError = lazy(() => import('../components/states.js'), 'InlineError');
const NothingFound = lazy(() => import('./nothing-found.js'), 'NothingFound');
const EmptyStore = lazy(() => import('./empty-store.js'), 'EmptyStore');

async function newValue(prefix) {
  const { openNewValue } = await import('./new-value.js');
  openNewValue(prefix);
}

export function Browse({ route }) {
  const { prefix = '', q = '', in: where, since: only } = route.query;
  const { at, past } = usePoint();
  const list = useNames(at);
  const now = useNames();
  const inValues = where === 'values' && q !== '';
  const found = useFoundInValues({ prefix, q, at, inValues, revision: list.revision });
  const changedSince = useModule(past, () => import('../since.js'))?.changedSince;
  const since = useMemo(() => (past && now.complete ? changedSince?.(list.items, now.items) : null), [past, list.items, now, changedSince]);
  const { shown, below, changed } = useMemo(
    () => rowsOf({ list, found, since, only: past && only === 'changed', prefix, q, inValues }),
    [list.items, found.data, since, past, only, prefix, q, inValues],
  );
  const [treeOpen, setTreeOpen] = useState(false);
  const select = (folder) => {
    setTreeOpen(false);
    navigate({ view: 'browse', query: { ...route.query, prefix: folder } });
  };

  if (list.error && !list.items.length) return html`<h1 class="visually-hidden">Browse</h1><${Failure} error=${list.error} onRetry=${() => reloadNames(at)} />`;
  if (list.loading && !list.items.length && !list.complete) return html`<h1 class="visually-hidden">Browse</h1><${Loading} what="Loading the names" />`;
  if (list.complete && list.items.length === 0 && !past) return html`<${EmptyStore} />`;
  return html`<div class="browse">
    <aside class=${`browse-tree ${treeOpen ? 'open' : ''}`}><${NamesTree} items=${list.items} selected=${prefix} onSelect=${select} /></aside>
    <div class="browse-list">
      <div class="browse-head">
        <${Crumbs} prefix=${prefix} query=${route.query} />
        <div class="actions push">
          ${!past && html`<${Button} kind="primary" icon="add" data-key="n" onClick=${() => newValue(prefix)}>New value<//>`}
          <${LinkButton} icon="upload" href=${hrefOf('import', { prefix, at })}>Import / export<//>
        </div>
      </div>
      <div class="browse-tools">
        <${Button} class="only-narrow" icon="folder" aria-expanded=${treeOpen ? 'true' : 'false'} onClick=${() => setTreeOpen(!treeOpen)}>Folders<//>
        <${Search} key=${prefix} q=${q} />
        <${Checkbox} label="In values too" checked=${where === 'values'} onChange=${(on) => withQuery({ in: on ? 'values' : undefined }, { replace: true })} />
        ${past && html`<${Checkbox} label=${`Only what changed since (${count(changed)})`} checked=${only === 'changed'} onChange=${(on) => withQuery({ since: on ? 'changed' : undefined }, { replace: true })} />`}
        <span class="browse-count muted">${countText({ list, shown, below, q })}</span>
      </div>
      ${list.error && html`<${InlineError} error=${list.error} />`}
      ${found.error && html`<${InlineError} error=${found.error} />`}
      ${shown.length === 0
        ? (list.loading || (inValues && found.loading) ? html`<${Loading} what="Searching" />` : html`<${NothingFound} prefix=${prefix} q=${q} past=${past} inValues=${inValues} />`)
        : html`<${ValuesGrid} items=${shown} prefix=${prefix} at=${at} q=${q} inValues=${inValues} contiguous=${!(past && only === 'changed')} since=${since} busy=${list.loading} />`}
      <footer class="browse-foot only-wide"><${CopyAs}
        request=${{ path: '/v1/config', query: { prefix, at, q, in: inValues ? 'values' : undefined } }}
        command=${q ? ['grep', q, ...(prefix ? [prefix] : [])] : ['list', ...(prefix ? [prefix] : [])]} options=${{ at, values: inValues }} /></footer>
    </div>
  </div>`;
}

/** A module that is loaded when it is needed for the first time. */
function useModule(needed, load) {
  const [module, setModule] = useState(null);
  useEffect(() => { if (needed && !module) load().then(setModule); }, [needed]);
  return module;
}

/** The rows to show, the number of values in the folder, and how many of them changed since. */
function rowsOf({ list, found, since, only, prefix, q, inValues }) {
  const range = rangeOf(list.items, prefix);
  const below = range[1] - range[0];
  const inFolder = since ? [...since.values()].filter(({ item }) => item.name.startsWith(prefix)) : [];
  const base = { below, changed: inFolder.length };
  if (only) {
    const items = inFolder.map(({ item }) => item);
    return { ...base, shown: matching(items, [0, items.length], q) };
  }
  if (inValues && found.data) return { ...base, shown: found.data };
  return { ...base, shown: matching(list.items, range, q) };
}

/** The items whose names or values contain the text, as the server finds them. */
function useFoundInValues({ prefix, q, at, inValues, revision }) {
  const load = async (signal) => (inValues ? (await listNames({ prefix, q, at, inValues, signal })).items : undefined);
  return useResource(load, [inValues, inValues && q, prefix, at, inValues && revision]);
}

function countText({ list, shown, below, q }) {
  if (list.loading && !list.complete && list.items.length) return `${count(list.items.length)} so far, loading …`;
  if (q || shown.length !== below) return `${count(shown.length)} of ${plural(below, 'value')}`;
  return plural(below, 'value');
}

function Search({ q }) {
  const [text, setText] = useState(q);
  const [shown, setShown] = useState(q);
  // Back and links change the address without typing.
  if (q !== shown) {
    setShown(q);
    setText(q);
  }
  const input = (event) => {
    const { value } = event.currentTarget;
    setText(value);
    setShown(value);
    withQuery({ q: value || undefined }, { replace: true, settle: true });
  };
  return html`<label class="search"><${Icon} name="search" /><span class="visually-hidden">Search names</span>
    <input class="input" type="search" aria-label="Search names" placeholder="Search names" data-key="/" value=${text} onInput=${input} autocomplete="off" spellcheck=${false} />
  </label>`;
}
