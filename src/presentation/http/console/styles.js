// Stylesheets of views that are loaded when they are opened.

const loaded = new Map();

/** Loads a stylesheet of this folder once. @returns {Promise<void>} also if it fails: an unstyled view is of use */
export function stylesheet(path) {
  if (!loaded.has(path)) {
    loaded.set(path, new Promise((resolve) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = new URL(path, import.meta.url).href;
      link.onload = link.onerror = () => resolve();
      document.head.append(link);
    }));
  }
  return loaded.get(path);
}
