// The frames that Chromium drew, by its own trace.

/** Runs a part of a test under a trace; a text about its frames. */
export async function traced(page, part) {
  const browser = page.context().browser();
  await browser.startTracing(page, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline.frame', 'benchmark', 'cc'] });
  await part();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const drawn = traceEvents.filter(({ name }) => name === 'DrawFrame').map(({ ts }) => ts / 1000).sort((a, b) => a - b);
  const times = drawn.slice(1).map((at, index) => at - drawn[index]).sort((a, b) => a - b);
  const dropped = traceEvents.filter(({ name }) => name === 'DroppedFrame').length;
  if (times.length === 0) return 'no frame was drawn';
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  return `${times.length} frames, half within ${at(0.5)} ms, 95 % within ${at(0.95)} ms, the longest ${at(1)} ms, ${dropped} dropped`;
}
