// The banner below the time bar while the past is shown.

import { planRestore } from '../actions.js';
import { plural } from '../format.js';
import { hrefOf } from '../navigation.js';
import { html } from '../preact.js';
import { showPoint, useMoment } from '../time.js';
import { Button, LinkButton } from './button.js';
import { Name, Time } from './text.js';

/** Says that the past is shown, and what can be done from there. */
export function PastBanner({ route, at, revision, newest }) {
  const moment = useMoment(revision);
  const place = route.name ?? route.query.prefix;
  const later = revision === null ? 0 : newest - revision;
  const restore = () => planRestore({ to: revision ?? at, name: route.name, prefix: route.query.prefix, onDone: () => showPoint(null) });
  return html`<div class="past-banner">
    <p><strong>You see the past.</strong> Everything is as it was
      ${revision === 0 ? ' before the first change' : html` at <strong>${moment ? html`<${Time} at=${moment.instant} exact />` : at}</strong>`}${
      later > 0 && html`, ${plural(later, 'change')} ago`}. Nothing can be edited here.</p>
    <div class="actions">
      <${LinkButton} icon="compare" href=${hrefOf('diff', { from: revision ?? at, prefix: place })}>Compare with now<//>
      <${Button} kind="primary" icon="history" onClick=${restore}>Restore to here<//>
      <span class="past-scope">${place ? html`restores <${Name}>${place}<//>` : 'restores everything'}</span>
      <${Button} kind="quiet" onClick=${() => showPoint(null)}>Back to now<//>
    </div>
  </div>`;
}
