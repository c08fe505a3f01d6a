// Rates and times of metrics, short enough for an axis. No DOM.

/** `12.5/s` */
export function rate(value) {
  return `${rounded(value)}/s`;
}

/** `250 µs`, `1.5 ms`, `2 s`, `5 min` */
export function seconds(value) {
  if (value === 0) return '0';
  if (value < 0.001) return `${rounded(value * 1e6)} µs`;
  if (value < 1) return `${rounded(value * 1000)} ms`;
  if (value < 300) return `${rounded(value)} s`;
  return `${rounded(value / 60)} min`;
}

function rounded(value) {
  if (value === 0) return '0';
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}
