// The registry of views: one module `views/NAME.js` and one stylesheet `css/NAME.css` each.
//
// Only browse is loaded with the page; the others come when they are opened.

import { lazy } from './components/lazy.js';
import { stylesheet } from './styles.js';
import { Browse } from './views/browse.js';

/** `time` says which points the time bar picks: one (`point`), the two sides of a difference (`range`), or none. */
export const VIEWS = {
  browse: { title: 'Browse', time: 'point', component: Browse },
  value: { title: 'Value', time: 'point', component: view('value', () => import('./views/value.js')) },
  history: { title: 'History', time: 'point', component: view('value', () => import('./views/history.js')) },
  diff: { title: 'Compare', time: 'range', component: view('diff', () => import('./views/diff.js')) },
  changes: { title: 'Changes', component: view('changes', () => import('./views/changes.js')) },
  changeset: { title: 'Change set', component: view('changeset', () => import('./views/changeset.js')) },
  import: { title: 'Import', component: view('import', () => import('./views/import.js')) },
  access: { title: 'Access', component: view('access', () => import('./views/access.js')) },
  operations: { title: 'Operations', component: view('operations', () => import('./views/operations.js')) },
};

/** The `View` of a module, loaded together with its stylesheets. */
export function view(style, load) {
  return lazy(() => Promise.all([load(), stylesheet('css/page.css'), stylesheet(`css/${style}.css`)]).then(([module]) => module), 'View');
}
