// The schemas: which prefixes have one, what it says, and whether the current values match it.

import { checkSchema, deleteSchema, getSchema, listSchemas } from '../api.js';
import { editSchema, schemaDraft } from '../access-drafts.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Dialog } from '../components/dialog.js';
import { ReasonField } from '../components/field.js';
import { announce } from '../components/notices.js';
import { CheckResult } from '../components/schema-check.js';
import { Empty, Failure, InlineError, Loading } from '../components/states.js';
import { Actor, Revision, Text, Time } from '../components/text.js';
import { ValueBody } from '../components/value-body.js';
import { openDialog } from '../dialogs.js';
import { plural } from '../format.js';
import { hrefOf, withQuery } from '../navigation.js';
import { schemaPath } from '../paths.js';
import { readPrefix, shownPrefix } from '../policy-form.js';
import { html, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { administers, allowsAll } from '../scopes.js';
import { useStore } from '../store.js';
import { stylesheet } from '../styles.js';
import { SchemaEditor } from './schema-editor.js';

await stylesheet('css/value.css');

const EXAMPLE = `{
  "type": "object",
  "properties": {
    "enabled": { "type": "boolean" },
    "limit": { "type": "integer", "minimum": 1 }
  },
  "required": ["enabled"],
  "additionalProperties": false
}`;

export function Schemas({ route, identity }) {
  const draft = useStore(schemaDraft);
  const { data, error, reload } = useResource(() => listSchemas(), []);
  const wanted = route.query.schema;
  if (wanted === 'edit' && draft) return html`<${SchemaEditor} draft=${draft} taken=${(data?.data ?? []).map(({ prefix }) => prefix)} onDone=${reload} />`;
  if (!data) return error ? html`<div class="panel"><${Failure} error=${error} onRetry=${reload} /></div>` : html`<${Loading} what="Loading the schemas" />`;
  const found = wanted && data.data.find(({ prefix }) => prefix === readPrefix(wanted));
  if (found) return html`<${Schema} key=${found.prefix} entry=${found} identity=${identity} onChange=${reload} />`;
  return html`<${List} schemas=${data.data} wanted=${wanted === 'edit' ? undefined : wanted} draft=${draft} may=${administers(identity.scopes)} />`;
}

function List({ schemas, wanted, draft, may }) {
  const create = () => editSchema({ prefix: wanted ? readPrefix(wanted) : '', isNew: true, base: null, text: EXAMPLE });
  return html`${wanted && html`<p class="banner banner-warn"><span><code><${Text}>${wanted}<//></code> has no schema of its own now.</span></p>`}
    ${draft && html`<p class="banner"><span>You were editing the schema of <code><${Text}>${shownPrefix(draft.prefix)}<//></code>.</span>
      <${Button} icon="edit" onClick=${() => withQuery({ schema: 'edit' })}>Go on<//><${Button} kind="quiet" onClick=${() => schemaDraft.set(null)}>Discard<//></p>`}
    <section class="panel" aria-labelledby="schemas">
      <div class="panel-head"><h2 id="schemas">Schemas</h2><span class="muted">${plural(schemas.length, 'prefix', 'prefixes')}</span>
        ${may && html`<div class="actions push"><${Button} kind="primary" icon="add" onClick=${create}>New schema<//></div>`}</div>
      ${schemas.length === 0 ? html`<${Empty} icon="check" title="No prefix has a schema">
          <p>A JSON Schema for a prefix refuses a wrong value before it is written: a port that is not a number, a flag without its default, a member that is misspelt.</p>
          <p>${may ? 'Current values are checked before a schema is set, so nothing breaks by surprise.' : 'A token with admin of a prefix can set one.'}</p><//>`
        : html`<div class="table-box"><table class="table schemas"><thead><tr><th scope="col">Prefix</th><th scope="col">Values</th><th scope="col">Set</th><th scope="col">Revision</th></tr></thead>
          <tbody>${schemas.map(({ prefix, schema, revision, updated_at: at, updated_by: by }) => html`<tr key=${prefix}>
            <th scope="row"><a class="mono" href=${hrefOf('access', { tab: 'schemas', schema: shownPrefix(prefix) })}><${Text}>${shownPrefix(prefix)}<//></a>${prefix === '' && html` <span class="muted small">everything</span>`}</th>
            <td>${briefOf(schema)}</td><td><${Time} at=${at} /> <span class="small muted">by <${Actor}>${by}<//></span></td><td><${Revision}>${revision}<//></td></tr>`)}</tbody></table></div>`}
      ${schemas.length > 0 && html`<p class="cut-note">The nearest prefix applies, and no other.</p>`}
    </section>
    <${CopyAs} request=${{ path: '/v1/schemas' }} command=${['schema', 'list']} />`;
}

/** What a schema asks for, in a few words. */
function briefOf(schema) {
  if (typeof schema === 'boolean') return schema ? 'any JSON' : 'nothing at all';
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : schema.type;
  const members = Object.keys(schema.properties ?? {});
  return html`${schema.title && html`<${Text}>${schema.title}<//>: `}${type ?? (schema.enum ? 'one of a list' : 'JSON')}${members.length > 0 && html` <span class="muted">with <${Text}>${members.slice(0, 4).join(', ')}<//>${members.length > 4 && ` and ${members.length - 4} more`}</span>`}`;
}

function Schema({ entry, identity, onChange }) {
  const { prefix, revision, updated_at: at, updated_by: by } = entry;
  const { data, error, reload } = useResource((signal) => getSchema(prefix, { signal }), [prefix, revision]);
  const [check, setCheck] = useState({ busy: false, result: null, error: null });
  const may = allowsAll(identity.scopes, 'admin', prefix);
  const run = async () => {
    setCheck({ busy: true, result: null, error: null });
    try {
      setCheck({ busy: false, result: (await checkSchema(prefix, data.data)).data, error: null });
    } catch (problem) {
      setCheck({ busy: false, result: null, error: problem });
    }
  };
  const back = html`<a href=${hrefOf('access', { tab: 'schemas' })}>Schemas</a>`;
  if (!data) return error ? html`<div class="panel"><${Failure} error=${error} onRetry=${reload} /></div>` : html`<${Loading} what="Loading the schema" />`;
  const remove = () => openDialog((close) => html`<${DeleteSchema} prefix=${prefix} text=${data.data} etag=${data.etag} onDone=${onChange} onClose=${close} />`);
  return html`<div class="schema-head"><h2>${back} <span class="muted">/</span> <bdi class="mono"><${Text}>${shownPrefix(prefix)}<//></bdi></h2>
      <p class="facts"><span>set <${Time} at=${at} /> by <${Actor}>${by}<//></span><${Revision}>${revision}<//></p>
      <div class="actions push"><${Button} busy=${check.busy} disabled=${check.busy} onClick=${run}>Check current values<//>
        ${may && html`<${Button} icon="edit" onClick=${() => editSchema({ prefix, base: { text: data.data, etag: data.etag }, text: data.data })}>Edit<//>
        <${Button} icon="trash" onClick=${remove}>Delete<//>`}</div></div>
    <${InlineError} error=${check.error} />
    ${check.result && html`<${CheckResult} result=${check.result} />`}
    <${ValueBody} value=${data.data} contentType="application/schema+json" />
    <${CopyAs} request=${{ path: schemaPath(prefix) }} command=${['schema', 'get', prefix]} />`;
}

function DeleteSchema({ prefix, text, etag, onDone, onClose }) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const shown = shownPrefix(prefix);
  const remove = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { revision } = await deleteSchema(prefix, { reason: reason.trim(), ifMatch: etag });
      onClose();
      withQuery({ schema: undefined });
      onDone();
      announce(`The schema of ${shown} is deleted, as revision ${revision}.`, { label: 'Undo', onClick: () => editSchema({ prefix, base: null, text, step: 'review' }) });
    } catch (problem) {
      setError(problem.status === 412 ? { title: 'The schema has changed since', message: 'close this and look at it again before you delete it' } : problem);
      setBusy(false);
    }
  };
  return html`<${Dialog} title="Delete schema" onClose=${onClose}><form class="token-form" onSubmit=${remove}>
    <p>Values under <code><${Text}>${shown}<//></code> stay as they are, and are checked no more. The schema of a shorter prefix applies then, if there is one.</p>
    <${ReasonField} value=${reason} onInput=${setReason} autofocus />
    <${InlineError} error=${error} />
    <div class="actions"><${Button} type="submit" kind="danger" busy=${busy} disabled=${busy}>Confirm<//><${Button} onClick=${onClose}>Cancel<//>
      <${CopyAs} request=${{ method: 'DELETE', path: schemaPath(prefix), headers: reason.trim() ? { 'Config-Reason': encodeURIComponent(reason.trim()) } : {} }} command=${['schema', 'delete', prefix]} options=${{ reason: reason.trim() }} /></div>
  </form><//>`;
}
