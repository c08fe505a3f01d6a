// Light, dark, or as the system says.

import { html, useState } from '../preact.js';
import { Button } from './button.js';

const KEY = 'configapi.theme';
const NEXT = { system: 'light', light: 'dark', dark: 'system' };
const ICONS = { system: 'system', light: 'sun', dark: 'moon' };

export function ThemeToggle() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? 'system');
  const choose = () => {
    const next = NEXT[theme];
    if (next === 'system') {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem(KEY);
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem(KEY, next);
    }
    setTheme(next);
  };
  return html`<${Button} kind="quiet" icon=${ICONS[theme]} label=${`Theme: ${theme}`} onClick=${choose} />`;
}
