// The one event stream of this tab. Views subscribe to its changes; its state is shown in the header.
//
// The stream connects again by itself. A hidden tab lets go of it, because a browser grants few connections to one
// server, and continues after the last change that it has seen.

import { openEvents } from './api/overview.js';
import { forgetWrites, Unreachable } from './api/transport.js';
import { eventStreamParser } from './sse.js';
import { createStore } from './store.js';

/** The server sends a heartbeat every 15 s; without two of them the connection is dead. */
const SILENCE_MAX = 40_000;
const HIDDEN_FOR = 60_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 4_000;

/**
 * `state`: `connecting`, `live`, `reconnecting`, `paused` or `offline`. `epoch` rises with each new connection after
 * a lost one: what failed before may work now. `logEpoch` rises when the log is another one.
 */
export const connection = createStore({ state: 'connecting', epoch: 0, logEpoch: 0 });

/** The newest revision that this tab knows of. */
export const head = createStore(0);

const listeners = new Set();
let lastEventId = '';
let running = null;
let pausedByUser = false;
let hiddenTimer = 0;

/** Calls the listener with arrays of changes, oldest first. @returns {() => void} ends the subscription */
export function onChanges(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where the stream began: changes after this revision are delivered. */
export const begin = createStore(null);

export function start() {
  if (!running) run();
}

export function stop() {
  running?.abort();
  running = null;
}

/** Holds the stream back; `resume` continues without a gap. */
export function pause() {
  pausedByUser = true;
  stop();
  setState('paused');
}

export function resume() {
  pausedByUser = false;
  setState('connecting');
  start();
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(() => {
    if (!running) return;
    stop();
    setState('paused');
  }, HIDDEN_FOR);
  else if (connection.get().state === 'paused' && !pausedByUser) resume();
});

function setState(state) {
  connection.set((previous) => (previous.state === state ? previous : { ...previous, state }));
}

async function run() {
  const controller = new AbortController();
  running = controller;
  let failures = 0;
  while (!controller.signal.aborted) {
    const refusal = await follow(controller).then(() => null, (error) => error);
    if (controller.signal.aborted) return;
    if (refusal?.status === 401) return stop();
    failures = refusal ? failures + 1 : 1;
    // One lost connection is ordinary, for instance a server that restarts; the second failure is an outage.
    setState(refusal instanceof Unreachable && failures > 1 ? 'offline' : 'reconnecting');
    await delay(Math.min(FIRST_DELAY * 2 ** (failures - 1), LONGEST_DELAY), controller.signal);
  }
}

/** Reads one connection until it ends. Rejects only if it could not be opened. */
async function follow(controller) {
  const attempt = new AbortController();
  controller.signal.addEventListener('abort', () => attempt.abort(), { once: true });
  const response = await openEvents({ lastEventId, signal: attempt.signal });
  connection.set((previous) => ({ ...previous, state: 'live', epoch: previous.epoch + 1 }));
  const queue = [];
  const parse = eventStreamParser((message) => take(message, queue));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let watchdog = setTimeout(() => attempt.abort(), SILENCE_MAX);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => attempt.abort(), SILENCE_MAX);
      parse(value);
      deliver(queue);
    }
  } catch {
    // The connection broke; the caller opens the next one.
  } finally {
    clearTimeout(watchdog);
  }
}

function take({ id, event, data }, queue) {
  if (id) lastEventId = id;
  const revision = Number.parseInt(id, 10) || 0;
  if (begin.get() === null) begin.set(revision);
  if (event === 'change') queue.push(JSON.parse(data));
  if (event === 'reset') {
    forgetWrites();
    head.set(revision);
    begin.set(revision);
    connection.set((previous) => ({ ...previous, logEpoch: previous.logEpoch + 1 }));
  }
  if (revision > head.get()) head.set(revision);
}

function deliver(queue) {
  if (queue.length === 0) return;
  const changes = queue.splice(0);
  for (const listener of [...listeners]) listener(changes);
}

/** Waits, but not longer than the network is away. */
function delay(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener('online', end);
    signal.addEventListener('abort', end);
  });
}
