// Asks for the name of a new value; the editor does the rest.

import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { Field } from '../components/field.js';
import { openDialog } from '../dialogs.js';
import { firstDraft, keepDraft } from '../drafts.js';
import { namesNow } from '../names.js';
import { hrefOf, navigate } from '../navigation.js';
import { html, useState } from '../preact.js';
import { bytesOf } from '../units.js';

/** Why a name cannot be new, or nothing. */
function faultOf(name) {
  if (bytesOf(name) > 512) return 'A name has at most 512 bytes.';
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return 'A name must not contain control characters.';
  const segments = name.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'A segment of a name must not be "." or "..".';
  if (segments.slice(0, -1).includes('')) return 'A name must not begin with "/" or contain "//".';
  if (name.startsWith('.configapi/')) return 'Names under .configapi/ belong to the service.';
  return undefined;
}

/** Opens the dialog. */
export function openNewValue(prefix) {
  openDialog((close) => html`<${NewValue} prefix=${prefix} onClose=${close} />`);
}

function NewValue({ prefix, onClose }) {
  const [name, setName] = useState(prefix);
  const fault = faultOf(name);
  const taken = namesNow.get().items.some((item) => item.name === name);
  const submit = (event) => {
    event.preventDefault();
    onClose();
    // The value view opens its editor where there is a draft.
    keepDraft(name, firstDraft(null));
    navigate({ view: 'value', name, query: {} });
  };
  return html`<${Dialog} title="New value" onClose=${onClose}>
    <form class="plan" onSubmit=${submit}>
      <${Field} label="Name" mono value=${name} onInput=${setName} required autofocus autocomplete="off" spellcheck=${false} error=${name ? fault : undefined}
        hint=${taken ? html`This name has a value. <a href=${hrefOf('value', {}, name)} onClick=${onClose}>Open it</a>` : 'Slashes make folders: prod/api/db_url'} />
      <div class="actions"><${Button} type="submit" kind="primary" icon="arrow" disabled=${!name || Boolean(fault) || taken}>Continue<//><${Button} onClick=${onClose}>Cancel<//></div>
    </form>
  <//>`;
}
