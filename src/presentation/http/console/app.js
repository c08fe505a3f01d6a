// The frame around every view: header, sections, time bar, notices and dialogs.

import { Header } from './components/header.js';
import { Icon } from './components/icon.js';
import { lazy } from './components/lazy.js';
import { Loading } from './components/loading.js';
import { TimeBar } from './components/time-bar.js';
import { dialog } from './dialogs.js';
import { visibleText } from './format.js';
import { helpShown } from './keys.js';
import { connection } from './live.js';
import { useRoute } from './navigation.js';
import { alarm, notice } from './notice.js';
import { Component, html, useEffect, useLayoutEffect, useRef } from './preact.js';
import { session } from './session.js';
import { useStore } from './store.js';
import { view, VIEWS } from './views.js';

const Empty = lazy(() => import('./components/states.js'), 'Empty');
const Failure = lazy(() => import('./components/states.js'), 'Failure');
const Help = lazy(() => import('./components/help.js'), 'Help');
const Result = lazy(() => import('./components/notices.js'), 'Result', { whileLoading: null });
const Alarm = lazy(() => import('./components/notices.js'), 'Alarm', { whileLoading: null });
const SignIn = view('sign-in', () => import('./views/sign-in.js'));

export function App() {
  const route = useRoute();
  const { state, problem } = useStore(session);
  const help = useStore(helpShown);
  const open = useStore(dialog);
  const entry = VIEWS[route.view];
  const place = route.name ?? route.query.prefix;
  useEffect(() => {
    document.title = [place && visibleText(place), entry?.title, 'ConfigApi'].filter(Boolean).join(' · ');
  }, [place, entry]);
  const main = useFocusOnNewView(`${route.view} ${route.name ?? ''}`);
  const inside = state === 'signed-in';
  return html`
    <a class="skip-link" href="#main" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>Skip to the content</a>
    <${Header} route=${route} />
    ${inside && entry?.time && html`<${TimeBar} route=${route} kind=${entry.time} />`}
    <main ref=${main} id="main" tabindex="-1" class=${`main main-${route.view}`}>
      ${state === 'signed-out' ? html`<${SignIn} />`
        : !inside ? (problem ? html`<h1 class="visually-hidden">ConfigApi</h1><${Failure} error=${problem} />` : html`<${Loading} />`)
        : entry ? html`<${Guard} key=${`${route.view}/${route.name ?? ''}`}><${entry.component} route=${route} /><//>`
        : html`<${Empty} heading="h1" title="There is no such page"><p>The link may have been cut. <a href="#/">Go to browse</a></p><//>`}
    </main>
    <${Notices} />
    ${open && html`<${Guard} key=${open.key}>${open.render()}<//>`}
    ${help && html`<${Help} />`}`;
}

/**
 * The live region of results is there before its first text, because screen readers hear only what changes in it.
 * That the server is offline is said from here: its module could not be loaded then.
 */
function Notices() {
  const result = useStore(notice);
  const offline = useStore(connection, ({ state }) => state === 'offline');
  const wrong = useStore(alarm);
  return html`<div class="notices">
    <div role="status">
      ${offline && html`<div class="notice notice-offline"><${Icon} name="offline" />
        <p>The server is offline. You see what was loaded before; the console connects again by itself.</p></div>`}
      ${result && html`<${Result} />`}
    </div>
    ${wrong && html`<${Alarm} />`}
  </div>`;
}

/** Moves the focus into a view that was opened by a link, as a page load would. */
function useFocusOnNewView(place) {
  const main = useRef(null);
  const first = useRef(true);
  // At once: a key that is pressed on the new view may move the focus on.
  useLayoutEffect(() => {
    if (first.current) first.current = false;
    else if (!document.querySelector('dialog[open]')) main.current?.focus({ preventScroll: true });
    main.current?.scrollTo(0, 0);
  }, [place]);
  return main;
}

/** Keeps a defect in one view from taking the page with it. */
class Guard extends Component {
  static getDerivedStateFromError(error) {
    return { error };
  }

  componentDidCatch(error) {
    console.error(error);
  }

  render({ children }, { error }) {
    if (!error) return children;
    return html`<${Empty} heading="h1" icon="alert" title="This view has a defect"><p>${String(error.message)}</p>
      <p><button class="link" onClick=${() => location.reload()}>Load the console again</button></p><//>`;
  }
}
