// The check of a value while it is typed: JSON, and the schema of its prefix.

import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { Name } from '../components/text.js';
import { indented, isJson, parseJson } from '../json.js';
import { html, useEffect, useState } from '../preact.js';
import { useResource } from '../resource.js';
import { checkerOf, schemaOf } from '../schema.js';

const RESTED = 150;
const ERRORS_SHOWN = 8;

/** @returns {{json: object|null, schema: object|null, errors: {pointer: string, detail: string}[]}} */
export function useValueCheck(name, value, type) {
  const { data: schema } = useResource(() => schemaOf(name), [name]);
  const { data: checker } = useResource(async () => (schema ? checkerOf(schema.schema) : null), [schema]);
  const [check, setCheck] = useState({ json: null, errors: [] });
  useEffect(() => {
    const timer = setTimeout(() => {
      const expected = /[/+]json\b/.test(type) || (schema && schema.schema.type !== 'string') || isJson(value, type) || /^\s*[[{]/.test(value);
      setCheck({ json: expected && value ? parseJson(value) : null, errors: checker && value ? checker(value) : [] });
    }, RESTED);
    return () => clearTimeout(timer);
  }, [value, type, checker, schema]);
  return { ...check, schema };
}

export function ValueCheck({ check: { json, schema, errors }, value, onFormat }) {
  const bad = json && !json.ok;
  return html`<div class="value-check" aria-live="polite">
    ${json?.ok && html`<span class="check-good"><${Icon} name="check" />Valid JSON</span> <${Button} kind="quiet" onClick=${() => onFormat(indented(value))}>Format<//>`}
    ${bad && html`<span class="check-bad"><${Icon} name="alert" />Line ${json.line}, column ${json.column}: ${json.message}</span>`}
    ${schema && !bad && errors.length === 0 && html`<span class="check-good"><${Icon} name="check" />Matches the schema of <${Name}>${schema.prefix || 'everything'}<//></span>`}
    ${schema && !bad && errors.length > 0 && html`<div class="check-bad"><${Icon} name="alert" /><div>The schema of <${Name}>${schema.prefix || 'everything'}<//> does not allow this; the server will refuse it.
      <ul>${errors.slice(0, ERRORS_SHOWN).map(({ pointer, detail }) => html`<li><code>${pointer || '/'}</code> ${detail}</li>`)}
      ${errors.length > ERRORS_SHOWN && html`<li>${ERRORS_SHOWN} of ${errors.length} shown</li>`}</ul></div></div>`}
  </div>`;
}
