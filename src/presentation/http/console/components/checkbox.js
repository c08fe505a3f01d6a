// A checkbox with its label.

import { html } from '../preact.js';

export function Checkbox({ label, checked, onChange, ...rest }) {
  return html`<label class="checkbox">
    <input type="checkbox" checked=${checked} onChange=${(event) => onChange(event.currentTarget.checked)} ...${rest} />
    <span>${label}</span>
  </label>`;
}
