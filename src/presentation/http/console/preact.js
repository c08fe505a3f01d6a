// The view library in one import: Preact, its hooks, and htm's templates bound to it.

import { h } from './vendor/preact.js';
import htm from './vendor/htm.js';

export { render, Component, Fragment } from './vendor/preact.js';
export { useCallback, useEffect, useErrorBoundary, useId, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from './vendor/hooks.js';

export const html = htm.bind(h);
