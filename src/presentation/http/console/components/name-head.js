// The head of the views of one name: its path, and the way between value and history.

import { hrefOf } from '../navigation.js';
import { html } from '../preact.js';
import { CopyButton } from './button.js';
import { Crumbs } from './crumbs.js';

export function NameHead({ route, at, children }) {
  const { name, view } = route;
  const tab = (target, label) => html`<a href=${hrefOf(target, { at }, name)} aria-current=${view === target ? 'page' : undefined}>${label}</a>`;
  return html`<div class="page-head name-head">
    <${Crumbs} prefix=${name} query=${{ at }} />
    <${CopyButton} text=${name}>Copy name<//>
    <nav class="tabs" aria-label="This name">${tab('value', 'Value')}${tab('history', 'History')}</nav>
    <div class="actions push">${children}</div>
  </div>`;
}
