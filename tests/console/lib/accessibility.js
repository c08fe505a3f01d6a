// Whether axe finds nothing in a page, by the rules of WCAG 2.2 AA and its own best practices.

import { readFileSync } from 'node:fs';

import { axeFile } from './packages.js';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const source = readFileSync(axeFile, 'utf8');

/** Throws with every finding. */
export async function checkAccessibility(page) {
  await page.evaluate(source);
  const violations = await page.evaluate(async (tags) => {
    // No rule of these needs the stylesheets, which axe would load again, also while the server is away.
    const { violations } = await window.axe.run(document, { preload: false, runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, help, nodes }) => ({
      id, help, nodes: nodes.slice(0, 5).map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
    }));
  }, TAGS);
  if (violations.length === 0) return;
  const lines = violations.flatMap(({ id, help, nodes }) => [`${id}: ${help}`, ...nodes.map((node) => `  ${node.replaceAll('\n', ' ')}`)]);
  throw new Error(`axe finds:\n  ${lines.join('\n  ')}`);
}
