// A duration: one of those that are usual, or another one that is typed.

import { html, useState } from '../preact.js';
import { Field, Select } from './field.js';

const OTHER = 'other';

/**
 * @param {{label: string, options: [value: string, label: string][], value: string|null, onChange: (value: string|null) => void,
 *          hint?: unknown, error?: unknown}} props the value is null while another one is not typed yet
 */
export function DurationField({ label, options, value, onChange, hint, error }) {
  const [other, setOther] = useState(() => !options.some(([each]) => each === value));
  const choose = (choice) => {
    setOther(choice === OTHER);
    onChange(choice === OTHER ? null : choice);
  };
  return html`<div class="duration">
    <${Select} label=${label} value=${other ? OTHER : value} onChange=${choose} options=${[...options, [OTHER, 'another time …']]} />
    ${other && html`<${Field} label="Duration" value=${value ?? ''} onInput=${(text) => onChange(text.trim() ? text : null)} error=${error} placeholder="such as 45days or 12h" mono autofocus autocomplete="off" />`}
    ${hint && html`<p class="field-hint">${hint}</p>`}
  </div>`;
}
