// What the health of a server means, and what is left to do. No DOM.

/** The checks, with the advice for each that is down. */
export const CHECKS = {
  eventstore: {
    label: 'Event store', fine: 'The log is followed.',
    down: 'The log is not followed: reads show what was applied, writes get 503. The server tries again by itself. If its log says that the log is damaged, run configapi verify and restore a backup.',
  },
  projection: {
    label: 'Projection', fine: 'The tree follows the log.',
    down: 'The tree does not follow the log: reads may be old. The server rebuilds it by itself; look into its log if that does not end.',
  },
  database: {
    label: 'Database', fine: 'The store answers.',
    down: 'The store does not answer: reads of now go on, writes get 503 and can be sent again. Look at PostgreSQL and the network, or at the disk of the file. Nothing acknowledged is lost.',
  },
  clock: {
    label: 'Clock', fine: 'It can be right.',
    down: 'The clock that dates changes cannot be right, so writes get 503. Set the clock of PostgreSQL’s machine, or of this one for an embedded file.',
  },
};

/** A server that was level with its log longer ago than this, in seconds, is behind. */
const LAG_MAX = 5;

/**
 * The state in one sentence. `tone` is good, warn or bad.
 * @param {{status: string, checks: Record<string, string>, details?: object}} health
 * @param {{onlyReads?: boolean}} [known] what else is known of the server
 * @returns {{tone: 'good'|'warn'|'bad', title: string, text: string}}
 */
export function verdictOf({ checks, details }, { onlyReads = false } = {}) {
  const down = Object.entries(checks).filter(([, state]) => state !== 'ok').map(([name]) => CHECKS[name]?.label ?? name);
  if (down.length > 0) return { tone: 'bad', title: `${down.join(' and ')} down`, text: 'The server is not ready for traffic; a balancer that asks /readyz leaves it out.' };
  const revisions = details?.lag ?? 0;
  const seconds = details?.lag_seconds;
  if (revisions > 0 || seconds === null || seconds > LAG_MAX) {
    const far = revisions > 0 ? `${revisions} ${revisions === 1 ? 'revision' : 'revisions'} behind` : 'Behind';
    const since = seconds === null ? 'It was never known to have all of the log.' : seconds > 0 ? `It last had all of the log ${seconds} s ago.` : '';
    return { tone: 'warn', title: onlyReads ? `Read-only, and ${far[0].toLowerCase()}${far.slice(1)}` : far, text: `${since} Reads ${revisions > 0 ? 'show' : 'may show'} an older state, with its revision. It catches up by itself.`.trim() };
  }
  if (onlyReads) return { tone: 'good', title: 'Healthy, read-only', text: 'All checks are fine, and it has all of the log. Writes go to another server.' };
  return { tone: 'good', title: 'Healthy', text: 'All checks are fine, and it has all of the log.' };
}

/** The end of the chain as `configapi anchor` prints it and `--anchor` takes it. */
export function anchorOf({ revision, hash }) {
  return `${revision}:${hash}`;
}
