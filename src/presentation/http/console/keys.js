// The keyboard map. A view marks what a key presses with `data-key`; keys that lead elsewhere are here.
//
// Single keys can be turned off (WCAG 2.1.4), because speech input types them by accident.

import { head } from './live.js';
import { navigate, route } from './navigation.js';
import { createStore } from './store.js';
import { pointOf, showPoint } from './time.js';

const OFF = 'configapi.keys';
export const keysEnabled = createStore(localStorage.getItem(OFF) !== 'off');
keysEnabled.subscribe((enabled) => localStorage.setItem(OFF, enabled ? 'on' : 'off'));

export const helpShown = createStore(false);

const GO = { h: 'browse', c: 'changes', s: 'changeset' };
let afterG = 0;

function press(selector) {
  const element = document.querySelector(selector);
  if (!element) return false;
  if (element.matches('input, [role=slider]')) element.focus();
  else element.click();
  return true;
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !keysEnabled.get()) return;
  if (event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]')) return;
  if (document.querySelector('dialog[open]')) return;
  const waits = Date.now() - afterG < 1500;
  afterG = 0;
  if (waits && Object.hasOwn(GO, event.key)) navigate({ view: GO[event.key], query: {} });
  else if (event.key === 'g') afterG = Date.now();
  else if (event.key === '?') helpShown.set(true);
  else if (event.key === 'Escape' && pointOf(route.get()) !== undefined) showPoint(null);
  else if (event.key === 'd' && route.get().view !== 'diff') navigate(comparison());
  else if (event.key === '/' && !document.querySelector('[data-key="/"]')) searchAtHome();
  else if (!/^[/ten]$/.test(event.key) || !press(`[data-key="${event.key}"]`)) return;
  event.preventDefault();
}

/** The difference between the shown point and now; from now, that of the newest change. */
function comparison() {
  const current = route.get();
  const from = pointOf(current) ?? String(Math.max(0, head.get() - 1));
  const prefix = current.name ?? current.query.prefix;
  return { view: 'diff', query: { from, prefix } };
}

function searchAtHome() {
  navigate({ view: 'browse', query: {} });
  requestAnimationFrame(() => requestAnimationFrame(() => press('[data-key="/"]')));
}

export function listenToKeys() {
  document.addEventListener('keydown', onKey);
}
