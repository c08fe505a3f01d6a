import { html } from '../preact.js'; export function NewValue() { return html``; }
