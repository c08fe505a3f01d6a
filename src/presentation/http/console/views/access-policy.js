// The policy: which values are secret, and which changes need a reason, a confirmation or patience.

import { getPolicy } from '../api.js';
import { editPolicy, policyDraft } from '../access-drafts.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Failure, Loading } from '../components/states.js';
import { Text } from '../components/text.js';
import { count, plural } from '../format.js';
import { formOf, shownPrefix } from '../policy-form.js';
import { html } from '../preact.js';
import { useResource } from '../resource.js';
import { allowsAll } from '../scopes.js';
import { useStore } from '../store.js';
import { PolicyEditor } from './policy-editor.js';

export function Policy({ identity, isOpen }) {
  const draft = useStore(policyDraft);
  const { data, error, reload } = useResource(() => getPolicy(), []);
  const may = allowsAll(identity.scopes, 'admin', '');
  if (draft && may) return html`<${PolicyEditor} draft=${draft} onDone=${reload} />`;
  if (!data) return error ? html`<div class="panel"><${Failure} error=${error} onRetry=${reload} /></div>` : html`<${Loading} what="Loading the policy" />`;
  const policy = data.data;
  return html`<section class="panel" aria-labelledby="policy">
      <div class="panel-head"><h2 id="policy">Policy</h2><span class="muted">${data.etag === '"0"' ? 'the defaults; it was never set' : 'for every server of this log'}</span>
        <div class="actions push">${may ? html`<${Button} icon="edit" onClick=${() => editPolicy({ base: { policy, etag: data.etag }, form: formOf(policy) })}>Edit<//>`
          : html`<span class="muted small">Only an administrator of everything sets it.</span>`}</div></div>
      <dl class="rules policy">
        <${Rule} label="Secret names" text=${isOpen ? 'Applies once the server is closed. Until then only values that are set as secret are masked.' : 'Values with such names are masked, and shown only to those who may reveal them. * matches within a segment.'}>
          <${Chips} items=${policy.secret_patterns} none="No name makes a value secret." /><//>
        <${Rule} label="Reasons" text="A change under such a prefix needs a reason."><${Chips} items=${policy.require_reason.map(shownPrefix)} none="No change needs a reason." /><//>
        <${Rule} label="Protection" text="A change that alters more names than this under such a prefix has to be confirmed with their number.">
          ${policy.protect.length === 0 ? html`<span class="muted">No prefix is protected.</span>` : html`<ul class="chips">${policy.protect.map(({ prefix, names_max: most }) => html`<li class="chip"><span class="mono"><${Text}>${shownPrefix(prefix)}<//></span><span class="muted">more than ${plural(most, 'name')}</span></li>`)}</ul>`}<//>
        <${Rule} label="Writes" text="The limit of each token. Beyond it a write gets 429 and the time to wait. The root token has none.">
          ${policy.writes_per_second === null ? html`<span class="muted">No limit.</span>` : html`<span class="chip">${count(policy.writes_per_second)} per second</span>`}<//>
      </dl>
    </section>
    <${CopyAs} request=${{ path: '/v1/policy' }} command=${['policy', 'show']} />`;
}

function Rule({ label, text, children }) {
  return html`<div><dt>${label}<p class="muted small">${text}</p></dt><dd>${children}</dd></div>`;
}

function Chips({ items, none }) {
  if (items.length === 0) return html`<span class="muted">${none}</span>`;
  return html`<ul class="chips">${items.map((item) => html`<li class="chip mono"><bdi><${Text}>${item}<//></bdi></li>`)}</ul>`;
}
