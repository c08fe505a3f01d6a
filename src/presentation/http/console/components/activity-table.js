// The time bar as a table, for screen readers and for exact numbers.

import { plural } from '../format.js';
import { html } from '../preact.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { Time } from './text.js';

/** @param {{scale: object, onPick: ((revision: number) => void)|null, onClose: () => void}} props */
export function ActivityTable({ scale, onPick, onClose }) {
  const filled = scale.buckets.filter(({ changes }) => changes > 0).reverse();
  const show = (bucket) => {
    onClose();
    onPick(bucket.first - 1);
  };
  return html`<${Dialog} title="Changes over time" onClose=${onClose}>
    <p class="muted">${plural(filled.length, 'span')} with changes, newest first. Spans without changes are left out.</p>
    <div class="table-box"><table class="table">
      <thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">Changes</th><th scope="col">Revisions</th>${onPick && html`<th scope="col"><span class="visually-hidden">Action</span></th>`}</tr></thead>
      <tbody>${filled.map((bucket) => html`<tr key=${bucket.from}>
        <td><${Time} at=${new Date(bucket.from).toISOString()} exact /></td>
        <td><${Time} at=${new Date(bucket.to).toISOString()} exact /></td>
        <td class="number">${bucket.changes}</td>
        <td class="mono">${bucket.first}${bucket.changes > 1 && `–${bucket.first + bucket.changes - 1}`}</td>
        ${onPick && html`<td><${Button} kind="quiet" onClick=${() => show(bucket)} aria-label=${`Show the state before revision ${bucket.first}`}>Show the state before<//></td>`}
      </tr>`)}</tbody>
    </table></div>
  <//>`;
}
