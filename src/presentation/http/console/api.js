// The HTTP contract, as the console uses it: the only modules that send requests.
//
// The first view imports `api/overview.js` alone; this is the door to everything.

export * from './api/overview.js';
export * from './api/reads.js';
export * from './api/rows.js';
export * from './api/transport.js';
export * from './api/writes.js';
