// The keys.

import { helpShown, KEYS, keysEnabled } from '../keys.js';
import { html } from '../preact.js';
import { useStore } from '../store.js';
import { Dialog } from './dialog.js';
import { Checkbox } from './field.js';

export function Help() {
  const enabled = useStore(keysEnabled);
  return html`<${Dialog} title="Keys" onClose=${() => helpShown.set(false)}>
    <dl class="keys">${KEYS.map(([keys, text]) => html`<div><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${text}</dd></div>`)}</dl>
    <${Checkbox} label="Single keys are on" checked=${enabled} onChange=${(on) => keysEnabled.set(on)} />
  <//>`;
}
