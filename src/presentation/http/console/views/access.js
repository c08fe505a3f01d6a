import { html } from '../preact.js';

export function View() {
  return html`<p>access</p>`;
}
