// The registry of views: one module `views/NAME.js` and one stylesheet `css/NAME.css` each. Only browse is loaded with the page; the others come when they are opened.

import { stylesheet } from './styles.js';
import { Browse } from './views/browse.js';

/** `time` says which points the time bar picks: one (`point`), the two sides of a difference (`range`), or none. */
export const VIEWS = {
  browse: { title: 'Browse', time: 'point', component: Browse },
  value: { title: 'Value', time: 'point', load: () => view('value', import('./views/value.js')) },
  history: { title: 'History', time: 'point', load: () => view('value', import('./views/history.js')) },
  diff: { title: 'Compare', time: 'range', load: () => view('diff', import('./views/diff.js')) },
  changes: { title: 'Changes', load: () => view('changes', import('./views/changes.js')) },
  changeset: { title: 'Change set', load: () => view('changeset', import('./views/changeset.js')) },
  import: { title: 'Import', load: () => view('import', import('./views/import.js')) },
  access: { title: 'Access', load: () => view('access', import('./views/access.js')) },
  operations: { title: 'Operations', load: () => view('operations', import('./views/operations.js')) },
};

/** A view's module together with its stylesheet. */
function view(style, module) {
  return Promise.all([module, stylesheet(`css/${style}.css`)]).then(([loadedModule]) => loadedModule);
}

const loaded = new Map();

/** The component of a view, or the promise of it. Each module exports its component as `View`. */
export function componentOf(view) {
  const { component, load } = VIEWS[view];
  if (component) return component;
  if (loaded.has(view)) return loaded.get(view);
  const promise = load().then(
    (module) => {
      loaded.set(view, module.View);
      return module.View;
    },
    (error) => {
      loaded.delete(view);
      throw error;
    },
  );
  loaded.set(view, promise);
  return promise;
}
