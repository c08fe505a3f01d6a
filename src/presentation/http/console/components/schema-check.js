// What the check of a schema found: how many current values match, and where the others do not.

import { count, plural } from '../format.js';
import { hrefOf } from '../navigation.js';
import { html, useState } from '../preact.js';
import { Icon } from './icon.js';
import { Name, Text } from './text.js';

const SHOWN = 50;

/** @param {{result: {checked: number, violations: {name: string, pointer: string, detail: string}[], partial?: boolean}}} props */
export function CheckResult({ result: { checked, violations, partial } }) {
  const [most, setMost] = useState(SHOWN);
  const names = new Set(violations.map(({ name }) => name)).size;
  const shown = violations.slice(0, most);
  if (names === 0) {
    return html`<p class="check-result check-result-good" aria-live="polite"><${Icon} name="check" /><span>${checked === 0 ? 'There is no value under this prefix yet.' : html`${checked === 1 ? 'The one current value matches' : `All ${count(checked)} current values match`}.`}${partial && ' There may be more values than those that were checked.'}</span></p>`;
  }
  return html`<section class="check-result check-result-bad" aria-label="Check of the current values">
    <p><${Icon} name="alert" /><span><strong>${count(names)} of ${plural(checked, 'current value')} would not match.</strong> ${names === 1 ? 'It stays as it is, but cannot be set again until it matches' : 'They stay as they are, but cannot be set again until they match'}.${partial && ' There may be more of them: the check ended early.'}</span></p>
    <ul class="violations">${shown.map(({ name, pointer, detail }) => html`<li><a href=${hrefOf('value', {}, name)}><${Name}>${name}<//></a> ${pointer && html`<code><${Text}>${pointer}<//></code>`} <span class="muted"><${Text}>${detail}<//></span></li>`)}</ul>
    ${shown.length < violations.length && html`<p class="cut-note">${shown.length} of ${plural(violations.length, 'violation')} shown. <button type="button" class="link" onClick=${() => setMost(most + 200)}>Show more</button></p>`}
  </section>`;
}
