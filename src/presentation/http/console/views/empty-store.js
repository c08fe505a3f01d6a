// Browse of an empty store.

import { Button, LinkButton } from '../components/button.js';
import { CopyAs } from '../components/copy-as.js';
import { Empty, InlineError } from '../components/states.js';
import { stylesheet } from '../styles.js';
import { loadExample } from '../example.js';
import { html, useState } from '../preact.js';
import { openNewValue } from './new-value.js';

await stylesheet('css/page.css');

/** The first minute: what this is, and three ways to begin. */
export function EmptyStore() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const load = async () => {
    setBusy(true);
    try {
      await loadExample();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return html`<h1 class="visually-hidden">Browse</h1><${Empty} icon="history" title="Nothing is stored yet">
    <p>ConfigApi keeps configuration values under names such as <code>prod/api/db_url</code>, and never forgets a change: drag the bar above to see any moment, and put it back.</p>
    <p class="muted">If you expected values here, your token may not be allowed to read them.</p>
    <div class="state-actions">
      <${Button} kind="primary" icon="download" busy=${busy} disabled=${busy} onClick=${load}>Load an example<//>
      <${Button} icon="add" data-key="n" onClick=${() => openNewValue('')}>New value<//>
      <${LinkButton} icon="upload" href="#/import">Import a file<//>
    </div>
    ${error && html`<${InlineError} error=${error} />`}
    <${CopyAs} request=${{ method: 'PUT', path: '/v1/config/greeting', body: { value: 'hello' } }} command=${['set', 'greeting', 'hello']} /><//>`;
}
