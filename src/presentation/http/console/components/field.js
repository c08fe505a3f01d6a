// Form fields: a label, the control, a hint and an error that are read with it.

import { html, useEffect, useId, useRef } from '../preact.js';

/**
 * @param {{label: string, value: string, onInput: (value: string) => void, hint?: unknown, error?: unknown,
 *          multiline?: boolean, mono?: boolean, required?: boolean}} props other properties go to the control
 */
export function Field({ label, value, onInput, hint, error, multiline = false, mono = false, required = false, autofocus = false, type = 'text', ...rest }) {
  const id = useId();
  const element = useRef(null);
  // The attribute works only while a page loads.
  useEffect(() => { if (autofocus) element.current.focus(); }, []);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const control = {
    id, ref: element, value, required, class: `input ${mono ? 'mono' : ''}`, 'aria-describedby': described,
    'aria-invalid': error ? 'true' : undefined, onInput: (event) => onInput(event.currentTarget.value), ...rest,
  };
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>${required && html`<span class="field-required">required</span>`}
    ${multiline ? html`<textarea ...${control} />` : html`<input type=${type} ...${control} />`}
    ${hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/** The reason of a change. */
export function ReasonField({ value, onInput, required = false, hint, ...rest }) {
  return html`<${Field} label="Reason" value=${value} onInput=${onInput} required=${required} maxlength="1000"
    hint=${hint ?? 'Kept with the change for ever: why is this done?'} autocomplete="off" ...${rest} />`;
}

/** @param {{options: [value: string, label: string][]}} props */
export function Select({ label, value, onChange, options, hidden = false, ...rest }) {
  const id = useId();
  return html`<div class=${hidden ? 'select-bare' : 'field'}>
    <label class=${hidden ? 'visually-hidden' : 'field-label'} for=${id}>${label}</label>
    <select class="input" id=${id} value=${value} onChange=${(event) => onChange(event.currentTarget.value)} ...${rest}>
      ${options.map(([key, text]) => html`<option value=${key} selected=${key === value}>${text}</option>`)}
    </select>
  </div>`;
}
