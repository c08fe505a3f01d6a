// The path of a folder or a name as the heading of a view; each folder is a link.

import { hrefOf } from '../navigation.js';
import { html } from '../preact.js';
import { foldersAbove } from '../tree.js';
import { Text } from './text.js';

/** @param {{prefix: string, query: object}} props a folder, or a name; `query` is what the links keep */
export function Crumbs({ prefix, query }) {
  const folders = foldersAbove(prefix);
  const rest = prefix.slice(folders.at(-1)?.length ?? 0);
  return html`<h1 class="crumbs">
    <a href=${hrefOf('browse', { ...query, prefix: undefined })}>All values</a>
    ${folders.map((folder, index) => html`<span key=${folder}><${Slash} /><a href=${hrefOf('browse', { ...query, prefix: folder })}><bdi><${Text}>${folder.slice(folders[index - 1]?.length ?? 0, -1) || '(empty)'}<//></bdi></a></span>`)}
    ${rest && html`<span><${Slash} /><bdi><${Text}>${rest}<//></bdi></span>`}
  </h1>`;
}

function Slash() {
  return html`<span class="crumb-slash">/</span>`;
}
