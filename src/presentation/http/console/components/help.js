// The keys.

import { helpShown, keysEnabled } from '../keys.js';
import { html } from '../preact.js';
import { useStore } from '../store.js';
import { Dialog } from './dialog.js';
import { Checkbox } from './checkbox.js';

const KEYS = [
  ['?', 'Show the keys'],
  ['/', 'Search names'],
  ['t', 'Go to the time bar; then ← → by change, Home, End'],
  ['e', 'Edit the shown value'],
  ['d', 'Compare the shown point with now'],
  ['n', 'New value'],
  ['g h', 'Home'],
  ['g c', 'Changes'],
  ['g s', 'Change set'],
  ['Esc', 'Close, or back to now'],
];

export function Help() {
  const enabled = useStore(keysEnabled);
  return html`<${Dialog} title="Keys" onClose=${() => helpShown.set(false)}>
    <dl class="keys">${KEYS.map(([keys, text]) => html`<div><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${text}</dd></div>`)}</dl>
    <${Checkbox} label="Single keys are on" checked=${enabled} onChange=${(on) => keysEnabled.set(on)} />
  <//>`;
}
