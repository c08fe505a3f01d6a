// Texts that others wrote, and times.

import { localTime, relativeTime, visibleParts } from '../format.js';
import { html, useEffect, useState } from '../preact.js';

/** A text in which each character that cannot be seen is shown by its code point. */
export function Text({ children }) {
  const parts = visibleParts(String(children ?? ''));
  if (parts.length === 1 && typeof parts[0] === 'string') return parts[0];
  return parts.map((part) => (typeof part === 'string' ? part : html`<span class="hidden-character" title="a character that cannot be seen">${part.hidden}</span>`));
}

/** A name whose folders are dimmed, so that the eye lands on its last segment. */
export function Name({ children: name }) {
  const cut = name.lastIndexOf('/', name.length - 2) + 1;
  return html`<bdi class="name"><span class="name-folder"><${Text}>${name.slice(0, cut)}<//></span><${Text}>${name.slice(cut)}<//></bdi>`;
}

/** The present, to the nearest ten seconds; every relative time on the page follows one clock. */
const clock = { listeners: new Set(), timer: 0 };

function useClock() {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    clock.listeners.add(setNow);
    clock.timer ||= setInterval(() => clock.listeners.forEach((listener) => listener(Date.now())), 10_000);
    return () => {
      clock.listeners.delete(setNow);
      if (clock.listeners.size) return;
      clearInterval(clock.timer);
      clock.timer = 0;
    };
  }, []);
  return now;
}

/** An instant, relative or in local time, with the exact UTC in its title. */
export function Time({ at, exact = false }) {
  const now = useClock();
  if (!at) return null;
  return html`<time datetime=${at} title=${exact ? at : `${localTime(at)} · ${at}`}>${exact ? localTime(at) : relativeTime(at, Math.max(now, Date.now()))}</time>`;
}

/** The actor of a change. */
export function Actor({ children }) {
  return html`<span class="actor"><${Text}>${children}<//></span>`;
}

export function Revision({ children: revision }) {
  return html`<span class="revision mono">#${revision}</span>`;
}
