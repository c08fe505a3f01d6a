// Sets the chosen theme before the first paint, so that a dark page never flashes white. It is a classic script for
// that reason; the toggle is in components/theme-toggle.js.
try {
  const chosen = localStorage.getItem('configapi.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that forbids storage follows the system's theme.
}
