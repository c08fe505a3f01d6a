// Buttons. `kind`: none, `primary` (one a view), `danger`, `quiet` (in lists and toolbars).

import { html, useEffect, useState } from '../preact.js';
import { Icon } from './icon.js';

/** @param {{kind?: string, icon?: string, busy?: boolean, disabled?: boolean, label?: string}} props */
export function Button({ kind = '', icon, busy = false, disabled = false, label, class: extra = '', children, type = 'button', ...rest }) {
  return html`<button type=${type} class=${`button ${kind && `button-${kind}`} ${children ? '' : 'button-icon'} ${extra}`}
    disabled=${disabled} aria-busy=${busy ? 'true' : undefined} aria-label=${label} title=${label} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
  </button>`;
}

/** A link that looks like a button. */
export function LinkButton({ kind = '', icon, class: extra = '', children, ...rest }) {
  return html`<a class=${`button ${kind && `button-${kind}`} ${extra}`} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${children}</span>
  </a>`;
}

/** Copies a text and says so in its place. `text` may be a function, also an asynchronous one. */
export function CopyButton({ text, children = 'Copy', kind = 'quiet', ...rest }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => setCopied(await (await import('../clipboard.js')).copyText(typeof text === 'function' ? await text() : text));
  return html`<${Button} kind=${kind} icon=${copied ? 'check' : 'copy'} onClick=${copy} ...${rest}>${copied ? 'Copied' : children}<//>`;
}
