// What the server has done since its start, by route.

import { Text } from '../components/text.js';
import { count, plural } from '../format.js';
import { seconds } from '../metric-units.js';
import { html, useMemo, useState } from '../preact.js';
import { routesOf } from '../samples.js';

const SHOWN = 10;

export function Routes({ latest }) {
  const rows = useMemo(() => (latest ? routesOf(latest) : []), [latest]);
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, SHOWN);
  const said = (value) => (value === null ? '–' : seconds(value));
  const some = (value, badge) => (value > 0 ? html`<span class=${`badge ${badge}`}>${count(value)}</span>` : html`<span class="muted">0</span>`);
  return html`<section class="panel" aria-labelledby="routes">
    <div class="panel-head"><h2 id="routes">Routes</h2><span class="muted">since the server was started, on this server alone</span></div>
    <div class="table-box" tabindex="0" role="group" aria-label="Routes"><table class="table routes">
      <thead><tr><th scope="col">Route</th><th scope="col" class="number">Requests</th><th scope="col" class="number">4xx</th><th scope="col" class="number">5xx</th><th scope="col" class="number">Mean</th><th scope="col" class="number">p50</th><th scope="col" class="number">p99</th></tr></thead>
      <tbody>${shown.map(({ route, method, requests, refused, failed, mean, p50, p99 }) => html`<tr key=${`${method} ${route}`}>
        <th scope="row">${route === 'other' ? html`<span class="muted">no such route</span>` : html`<span class="method">${method}</span> <span class="mono"><${Text}>${route}<//></span>`}</th>
        <td class="number">${count(requests)}</td><td class="number">${some(refused, 'badge-warn')}</td><td class="number">${some(failed, 'badge-bad')}</td>
        <td class="number">${said(mean)}</td><td class="number">${said(p50)}</td><td class="number">${said(p99)}</td></tr>`)}</tbody>
    </table></div>
    ${shown.length < rows.length && html`<p class="cut-note">The ${shown.length} busiest of ${plural(rows.length, 'route')} shown. <button type="button" class="link" onClick=${() => setAll(true)}>Show all</button></p>`}
  </section>`;
}
