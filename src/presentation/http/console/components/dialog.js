// A modal dialog: the browser's own, which keeps the focus inside.

import { html, useEffect, useId, useRef } from '../preact.js';
import { stylesheet } from '../styles.js';
import { Button } from './button.js';

await Promise.all([stylesheet('css/page.css'), stylesheet('css/dialogs.css')]);

/** @param {{title: string, onClose: () => void, wide?: boolean, footer?: unknown}} props */
export function Dialog({ title, onClose, wide = false, footer, children }) {
  const element = useRef(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    element.current.showModal();
    return () => {
      // The opener may be gone, for instance when its row was deleted.
      if (opener?.isConnected) opener.focus();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${element} class=${`dialog ${wide ? 'dialog-wide' : ''}`} aria-labelledby=${heading} onCancel=${cancel}>
    <header class="dialog-head">
      <h2 id=${heading}>${title}</h2>
      <${Button} kind="quiet" icon="close" label="Close" onClick=${onClose} />
    </header>
    <div class="dialog-body" tabindex="-1">${children}</div>
    ${footer && html`<footer class="dialog-foot">${footer}</footer>`}
  </dialog>`;
}
