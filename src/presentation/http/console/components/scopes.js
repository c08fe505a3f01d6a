// The scopes of a token, for reading: a chip for each, denies first because they win.

import { plural } from '../format.js';
import { html, useState } from '../preact.js';
import { wordsOf } from '../scopes.js';
import { Icon } from './icon.js';
import { Text } from './text.js';

const SHOWN = 6;

/** @param {{scopes: import('../scopes.js').Scope[]}} props */
export function Scopes({ scopes }) {
  const [all, setAll] = useState(false);
  const ordered = [...scopes.filter(({ deny }) => deny), ...scopes.filter(({ deny }) => !deny)];
  const shown = all ? ordered : ordered.slice(0, SHOWN);
  return html`<ul class="scopes" aria-label="Scopes">
    ${shown.map((scope) => html`<li><${Scope} scope=${scope} /></li>`)}
    ${shown.length < ordered.length && html`<li><button type="button" class="link small" onClick=${() => setAll(true)}>${plural(ordered.length - shown.length, 'more scope')}</button></li>`}
  </ul>`;
}

export function Scope({ scope }) {
  const { prefix, actions, deny } = scope;
  return html`<span class=${`scope ${deny ? 'scope-deny' : ''}`} title=${`${wordsOf(scope)} ${prefix || 'everything'}`}>
    ${deny && html`<span class="scope-effect"><${Icon} name="minus" />deny</span>`}
    ${(deny ?? actions).map((action) => html`<span class=${`scope-action scope-${action}`}>${action}</span>`)}
    <bdi class=${prefix ? 'scope-prefix mono' : 'scope-prefix'}>${prefix ? html`<${Text}>${prefix}<//>` : 'everything'}</bdi>
  </span>`;
}
