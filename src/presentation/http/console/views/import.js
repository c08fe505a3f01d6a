// Import and export: a file of values becomes a plan and then one change; values become a file.

import { html } from '../preact.js';
import { ExportPanel } from '../components/export-panel.js';
import { ImportPanel } from '../components/import-panel.js';
import { withQuery } from '../navigation.js';

export function View({ route }) {
  const { prefix = '', at, tab } = route.query;
  const exports = tab === 'export';
  const choose = (next) => withQuery({ tab: next }, { replace: true });
  return html`<div class="page page-import">
    <div class="page-head"><h1>${exports ? 'Export' : 'Import'}</h1>
      <div class="segmented" role="group" aria-label="Direction">
        <button type="button" aria-pressed=${exports ? 'false' : 'true'} onClick=${() => choose(undefined)}>Import a file</button>
        <button type="button" aria-pressed=${exports ? 'true' : 'false'} onClick=${() => choose('export')}>Export to a file</button>
      </div></div>
    ${exports ? html`<${ExportPanel} prefix=${prefix} at=${at} format=${route.query.to} />` : html`<${ImportPanel} prefix=${prefix} />`}
  </div>`;
}
