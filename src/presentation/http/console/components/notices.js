// The results of actions: one `status` region that is read politely, and one `alert` for what went wrong.

import { alarm, notice } from '../notice.js';
import { html } from '../preact.js';
import { useStore } from '../store.js';
import { stylesheet } from '../styles.js';
import { Button } from './button.js';
import { explanationOf } from './states.js';
import { Icon } from './icon.js';

await stylesheet('css/notices.css');

/**
 * Shows the result of an action until the next one.
 * @param {string} text
 * @param {{label: string, icon?: string, onClick: () => void}} [action] what can be done about it, such as Undo
 */
export function announce(text, action) {
  alarm.set(null);
  notice.set({ text, action });
}

/** Shows an error that belongs to no form on the page. */
export function complain(error) {
  alarm.set(explanationOf(error));
}

export function dismiss() {
  notice.set(null);
  alarm.set(null);
}

/** The last result, for the status region. */
export function Result() {
  const shown = useStore(notice);
  const act = () => {
    notice.set(null);
    shown.action.onClick();
  };
  return shown && html`<div class="notice"><${Icon} name="check" /><p>${shown.text}</p>
    ${shown.action && html`<${Button} icon=${shown.action.icon ?? 'undo'} onClick=${act}>${shown.action.label}<//>`}
    <${Button} kind="quiet" icon="close" label="Dismiss" onClick=${() => notice.set(null)} /></div>`;
}

export function Alarm() {
  const wrong = useStore(alarm);
  return wrong && html`<div role="alert" class="notice notice-bad"><${Icon} name="alert" /><p><strong>${wrong.title}.</strong> ${wrong.text}</p>
    <${Button} kind="quiet" icon="close" label="Dismiss" onClick=${() => alarm.set(null)} /></div>`;
}
