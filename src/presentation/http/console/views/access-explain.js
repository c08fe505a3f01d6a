// Explain: what a token may do with a name, by which scope, and which rules apply to the name.

import { explain, listTokens } from '../api.js';
import { Button } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Field, Select } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { Scope } from '../components/scopes.js';
import { Empty, Failure, Loading } from '../components/states.js';
import { Name, Text } from '../components/text.js';
import { visibleText } from '../format.js';
import { useNames } from '../names.js';
import { hrefOf, withQuery } from '../navigation.js';
import { shownPrefix } from '../policy-form.js';
import { html, useEffect, useId, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { ACTIONS, administers } from '../scopes.js';
import { rangeOf } from '../tree.js';

const SUGGESTIONS = 30;

export function Explain({ route, identity, isOpen }) {
  const { name, token } = route.query;
  const tokens = useOthers(identity, isOpen);
  const [draft, setDraft] = useState(name ?? '');
  const [chosen, setChosen] = useState(token ?? '');
  useEffect(() => { setDraft(name ?? ''); setChosen(token ?? ''); }, [name, token]);
  const list = useId();
  const suggestions = useSuggestions(draft);
  const submit = (event) => {
    event.preventDefault();
    withQuery({ name: draft.trim() || undefined, token: chosen || undefined });
  };
  return html`<section class="panel" aria-labelledby="explain">
    <div class="panel-head"><h2 id="explain">Explain</h2><span class="muted">Why is this allowed, or refused?</span></div>
    <form class="explain-form" onSubmit=${submit}>
      <${Field} label="Name" value=${draft} onInput=${setDraft} mono list=${list} placeholder="such as prod/checkout/db_url" autocomplete="off" spellcheck=${false} required />
      <datalist id=${list}>${suggestions.map((each) => html`<option value=${each} />`)}</datalist>
      ${tokens.length > 0 && html`<${Select} label="Token of" value=${chosen} onChange=${setChosen} options=${[['', `${visibleText(identity.name)} (you)`], ...tokens.map((each) => [each.id, visibleText(each.name)])]} />`}
      <${Button} type="submit" kind="primary" disabled=${!draft.trim()}>Explain<//>
    </form>
    ${name ? html`<${Explained} key=${`${name} ${token}`} name=${name} token=${token} whose=${tokens.find(({ id }) => id === token)?.name ?? (token ? token : identity.name)} />`
      : html`<${Empty} icon="search" title="Ask about a name"><p>It shows for each action whether the token may do it and which of its scopes decides, and the rules of the policy that apply. The name need not exist.</p><//>`}
  </section>`;
}

/** The other tokens that this one may ask about. */
function useOthers(identity, isOpen) {
  const may = administers(identity.scopes) && !isOpen;
  const { data } = useResource(async (signal) => (may ? (await listTokens({ signal })).data : []), [identity.id, may]);
  return (data ?? []).filter(({ id }) => id !== identity.id).sort((left, right) => left.name.localeCompare(right.name));
}

function useSuggestions(text) {
  const { items, complete } = useNames();
  if (!complete || !text) return [];
  const [start, end] = rangeOf(items, text);
  return items.slice(start, Math.min(end, start + SUGGESTIONS)).map(({ name }) => name);
}

function Explained({ name, token, whose }) {
  const { data, error, reload } = useResource((signal) => explain({ name, token, signal }), [name, token]);
  if (!data) return error ? html`<${Failure} error=${error} onRetry=${reload} />` : html`<${Loading} />`;
  const { actions, secret_pattern: pattern, schema, policy } = data.data;
  return html`<div class="explained" aria-live="polite">
    <p class="explained-head">What <strong><${Text}>${whose}<//></strong> may do with <a href=${hrefOf('value', {}, name)}><${Name}>${name}<//></a></p>
    <div class="table-box"><table class="table">
      <thead><tr><th scope="col">Action</th><th scope="col">Decision</th><th scope="col">Because</th></tr></thead>
      <tbody>${ACTIONS.map(({ action, hint }) => html`<tr key=${action}>
        <th scope="row" ><span>${action}</span><span class="muted small only-wide">${hint}</span></th>
        <td>${actions[action].allowed ? html`<span class="badge badge-added"><${Icon} name="check" />allowed</span>` : html`<span class="badge badge-bad"><${Icon} name="close" />refused</span>`}</td>
        <td><${Because} decided=${actions[action]} /></td>
      </tr>`)}</tbody>
    </table></div>
    <dl class="rules" aria-label="Rules for this name">
      <${Rule} label="Secret">${pattern ? html`yes, it matches the pattern <code>${pattern}</code> of the policy` : 'no pattern of the policy matches; a value may still be set as secret'}<//>
      <${Rule} label="Reason">${policy.require_reason === null ? 'not needed' : html`needed under <code><${Text}>${shownPrefix(policy.require_reason)}<//></code>`}<//>
      <${Rule} label="Confirmation">${policy.protect === null ? 'not needed' : html`needed for large changes under <code><${Text}>${shownPrefix(policy.protect)}<//></code>`}<//>
      <${Rule} label="Schema">${schema === null ? 'none: every text is a valid value' : html`that of <a class="mono" href=${hrefOf('access', { tab: 'schemas', schema: shownPrefix(schema) })}><${Text}>${shownPrefix(schema)}<//></a>`}<//>
    </dl>
    <${CopyAs} request=${{ path: '/v1/explain', query: { name, token } }} command=${['explain', name]} options=${{ token }} />
  </div>`;
}

function Because({ decided: { allowed, by } }) {
  if (by) return html`<${Scope} scope=${by} />`;
  return html`<span class="muted">${allowed ? 'the root token may do everything' : 'no scope of this token allows it here'}</span>`;
}

function Rule({ label, children }) {
  return html`<div><dt>${label}</dt><dd>${children}</dd></div>`;
}
