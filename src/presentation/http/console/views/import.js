import { html } from '../preact.js';

export function View() {
  return html`<p>import</p>`;
}
