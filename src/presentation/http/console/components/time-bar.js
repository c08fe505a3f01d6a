import { html } from '../preact.js';

export function TimeBar() {
  return html`<section aria-label="Time" class="time"></section>`;
}
