import { html } from '../preact.js';

export function Browse() {
  return html`<p>browse</p>`;
}
