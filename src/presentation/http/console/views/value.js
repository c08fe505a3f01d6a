// One value: for reading first, and the ways to change it.

import { planDelete } from '../actions.js';
import { findItem } from '../api.js';
import { Button, LinkButton } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Icon } from '../components/icon.js';
import { NameHead } from '../components/name-head.js';
import { Secret } from '../components/secret.js';
import { Empty, Failure, Loading } from '../components/states.js';
import { Actor, Name, Text, Time } from '../components/text.js';
import { ValueBody } from '../components/value-body.js';
import { configPath } from '../paths.js';
import { draftOf } from '../drafts.js';
import { hrefOf } from '../navigation.js';
import { html, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { usePoint } from '../time.js';
import { Editor } from './editor.js';
import { RecentVersions } from './versions.js';

export function View({ route }) {
  const { name } = route;
  const { at, past } = usePoint();
  const [editing, setEditing] = useState(draftOf(name) !== undefined);
  const { data, error, loading, reload } = useResource((signal) => findItem(name, { at, signal }), [name, at], {
    refreshOn: (changes) => !past && changes.some(({ events }) => events.some((event) => event.data.config_name === name)),
  });
  const item = data?.data;
  const done = () => {
    setEditing(false);
    reload();
  };
  if (!data) return html`<div class="page"><${NameHead} route=${route} at=${at} />${error ? html`<${Failure} error=${error} onRetry=${reload} />` : html`<${Loading} what="Loading the value" />`}</div>`;
  if (editing && !past) return html`<div class="page"><${NameHead} route=${route} at=${at} /><${Editor} name=${name} item=${item} onDone=${done} /></div>`;
  return html`<div class="page" aria-busy=${loading ? 'true' : undefined}>
    <${NameHead} route=${route} at=${at}>
      ${!past && item && html`
        <${Button} kind="primary" icon="edit" data-key="e" onClick=${() => setEditing(true)}>Edit<//>
        <${Button} kind="danger" icon="trash" onClick=${() => planDelete({ item, etag: item.revision, onDone: reload })}>Delete<//>`}
    <//>
    ${error && html`<${Failure} error=${error} onRetry=${reload} />`}
    ${item ? html`<${Facts} item=${item} />
      ${item.shredded ? html`<${Empty} icon="lock" title="This version was shredded"><p>Its text no longer exists.</p><//>`
        : item.masked || item.value === null ? html`<${Secret} item=${item} at=${at} />`
        : html`<${ValueBody} value=${item.value} contentType=${item.content_type} />`}
      <${CopyAs} request=${{ path: configPath(name), query: { at } }} command=${['get', name]} options=${{ at }} />
      ${!past && html`<${RecentVersions} name=${name} revision=${item.revision} />`}`
    : html`<${Absent} name=${name} past=${past} onCreate=${() => setEditing(true)} />`}
  </div>`;
}

function Facts({ item }) {
  return html`<div class="value-facts">
    <div class="facts">
      <span>Version <strong>${item.version}</strong></span>
      <span>revision <strong class="mono">${item.revision}</strong></span>
      <span>set <${Time} at=${item.updated_at} /> by <${Actor}>${item.updated_by}<//></span>
      ${item.secret && html`<span class="badge badge-accent"><${Icon} name="lock" />secret</span>`}
    </div>
    ${item.reason && html`<p class="reason"><${Text}>${item.reason}<//></p>`}
  </div>`;
}

function Absent({ name, past, onCreate }) {
  return html`<${Empty} icon="folder" title=${past ? 'This name had no value then' : 'This name has no value'}>
    <p><${Name}>${name}<//> ${past ? 'was absent at that moment.' : 'is absent now. It may have been deleted; its history would say so.'}</p>
    <div class="state-actions">
      ${!past && html`<${Button} kind="primary" icon="add" data-key="e" onClick=${onCreate}>Set a value<//>`}
      <${LinkButton} icon="history" href=${hrefOf('history', {}, name)}>History<//>
    </div><//>`;
}
