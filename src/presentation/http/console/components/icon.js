// Line icons, drawn in the text's colour. They are decoration: the name is always in words.

import { html } from '../preact.js';

const PATHS = {
  add: 'M8 3v10M3 8h10',
  alert: 'M8 2 1.5 13.5h13L8 2Zm0 4.5v3.2m0 2v.1',
  arrow: 'M3 8h10m-4-4 4 4-4 4',
  check: 'm3 8.5 3.2 3L13 4.5',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  clock: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM8 4.5V8l2.5 1.6',
  close: 'm3.5 3.5 9 9m0-9-9 9',
  compare: 'M5.5 2v12m5-12v12M2 5l3.5-3L9 5M7 11l3.5 3 3.5-3',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  download: 'M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11',
  edit: 'm10.5 2.5 3 3L5.5 13.5l-3.5.5.5-3.5 8-8Z',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z',
  folder: 'M1.5 4.5v8h13v-7H8L6.5 3.5h-5v1Z',
  history: 'M2.5 8a5.5 5.5 0 1 0 2-4.2M2.2 2v3.2h3.2M8 5v3.3l2 1.2',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.1m2.5 0h.1m2.6 0h.1m2.6 0h.1M5 9.5h6',
  link: 'M6.5 9.5a2.5 2.5 0 0 0 3.6 0l2.6-2.6a2.5 2.5 0 1 0-3.6-3.6l-.8.8M9.5 6.5a2.5 2.5 0 0 0-3.6 0L3.3 9.1a2.5 2.5 0 1 0 3.6 3.6l.8-.8',
  lock: 'M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2',
  minus: 'M3 8h10',
  moon: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z',
  offline: 'M2 2l12 12M1.5 6A10 10 0 0 1 5 3.8M4 9a6 6 0 0 1 3-1.6m2 .1A6 6 0 0 1 12 9m-9.4-6M14.5 6A10 10 0 0 0 7 3.1M8 12.5v.1',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Zm3.3 7.8 3.2 3.2',
  signout: 'M6 2.5H2.5v11H6M10 5l3 3-3 3m3-3H6',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6ZM8 1v1.5m0 11V15M1 8h1.5m11 0H15M3 3l1 1m8 8 1 1m0-10-1 1m-8 8-1 1',
  system: 'M2 3h12v8H2zM6 14h4m-2-3v3',
  table: 'M2 3h12v10H2zM2 6.5h12M2 10h12M6.5 3v10',
  trash: 'M2.5 4.5h11m-9 0 .6 9h5.8l.6-9M6 4.5v-2h4v2',
  tray: 'M2 9.5v4h12v-4h-3.5l-1 1.5h-3l-1-1.5H2Zm0 0L4 3h8l2 6.5',
  undo: 'M5.5 3 2.5 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H6',
  upload: 'M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.5h11',
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}
