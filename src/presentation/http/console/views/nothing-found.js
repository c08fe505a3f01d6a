// Browse where no row is left: how to find more.

import { Empty } from '../components/states.js';
import { withQuery } from '../navigation.js';
import { html } from '../preact.js';

export function NothingFound({ prefix, q, past, inValues }) {
  if (!q) {
    return html`<${Empty} icon="folder" title=${past ? 'Nothing was here then' : 'Nothing is here'}>
      <p>${past ? 'Move the handle on the time bar to another moment.' : html`No name begins with this prefix. <a href="#/">Show all values</a>`}</p><//>`;
  }
  return html`<${Empty} title=${inValues ? 'No name or value contains this' : 'No name contains this'}>
    <p>${prefix && html`You search in one folder. <button class="link" onClick=${() => withQuery({ prefix: undefined })}>Search everywhere</button> `}
    ${!inValues && html`<button class="link" onClick=${() => withQuery({ in: 'values' })}>Search in values too</button> `}
    <button class="link" onClick=${() => withQuery({ q: undefined })}>Clear the search</button></p><//>`;
}
