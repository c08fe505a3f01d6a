// Components that are loaded when they are shown for the first time.

import { loadAhead } from '../ahead.js';
import { html, useEffect, useState } from '../preact.js';
import { Loading } from './loading.js';

/**
 * A component that stands for one of a module that is not loaded yet.
 * @param {() => Promise<object>} load
 * @param {string} name the component's name in the module
 * @param {{whileLoading?: unknown}} [options] what stands for it until then
 */
export function lazy(load, name, { whileLoading = html`<${Loading} />` } = {}) {
  let component = null;
  return function Lazy(props) {
    const [error, setError] = useState(null);
    const [, render] = useState(0);
    useEffect(() => {
      if (component) return;
      load().then((module) => {
        component = module[name];
        render((count) => count + 1);
        loadAhead();
      }, setError);
    }, []);
    if (component) return html`<${component} ...${props} />`;
    return error ? html`<${NotLoaded} isView=${name === 'View'} />` : whileLoading;
  };
}

// Most likely the server runs another release than the one that this page is of.
function NotLoaded({ isView }) {
  return html`<div class="state" role="alert">
    ${isView && html`<h1 class="visually-hidden">Not loaded</h1>`}
    <p>This part of the console did not load. <button class="link" onClick=${() => location.reload()}>Load the console again</button></p></div>`;
}
