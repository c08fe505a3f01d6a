// The difference of two values: by member for JSON, by line and word for texts, by fingerprint for secrets.

import { diffLines, diffMembers, foldSame } from '../diff.js';
import { plural } from '../format.js';
import { indented, isJson, parseJson } from '../json.js';
import { html, useMemo, useState } from '../preact.js';
import { stylesheet } from '../styles.js';
import { Text } from './text.js';

await stylesheet('css/differences.css');

/** Beyond this length a difference is shown only on demand. */
const LENGTH_MAX = 256 * 1024;
const LINES_MAX = 400;

/**
 * @param {{from: object|null, to: object|null}} props items, or anything with `value`, `content_type`, `masked`,
 *   `fingerprint` and `shredded`; null is an absent value
 */
export function ValueDiff({ from, to }) {
  const [anyway, setAnyway] = useState(false);
  if (isHidden(from) || isHidden(to)) return html`<${SecretDiff} from=${from} to=${to} />`;
  const length = (from?.value?.length ?? 0) + (to?.value?.length ?? 0);
  if (length > LENGTH_MAX && !anyway) {
    return html`<p class="muted">These values are long. <button class="link" onClick=${() => setAnyway(true)}>Show the difference anyway</button></p>`;
  }
  return html`<${OpenDiff} before=${from?.value ?? null} after=${to?.value ?? null} type=${to?.content_type ?? from?.content_type} />`;
}

function isHidden(item) {
  return Boolean(item && (item.masked || item.shredded || item.value === null || item.value === undefined));
}

function SecretDiff({ from, to }) {
  const known = from?.fingerprint && to?.fingerprint;
  const same = known && from.fingerprint === to.fingerprint;
  return html`<div class="diff diff-secret">
    ${from && html`<div class="diff-line diff-removed"><span class="diff-sign">−</span><${SideOfSecret} item=${from} /></div>`}
    ${to && html`<div class="diff-line diff-added"><span class="diff-sign">+</span><${SideOfSecret} item=${to} /></div>`}
    ${from && to && known && html`<p class="muted diff-note">${same ? 'Both are the same secret.' : 'The secret differs; its text is hidden.'}</p>`}
  </div>`;
}

function SideOfSecret({ item }) {
  if (item.shredded) return html`<span class="muted">shredded: its text no longer exists</span>`;
  if (item.masked || item.value === null || item.value === undefined) return html`<span class="dots" title="secret">••••••••</span>`;
  return html`<span class="diff-text"><${Text}>${item.value}<//></span>`;
}

function OpenDiff({ before, after, type }) {
  const members = useMemo(() => membersOf(before, after, type), [before, after, type]);
  const [view, setView] = useState('members');
  if (before === after) return html`<p class="muted diff-note">The value is the same.</p>`;
  const shown = members && view === 'members';
  return html`<div class="diff">
    ${members && html`<div class="segmented diff-choice" role="group" aria-label="How to show the difference">
      ${[['members', 'Members'], ['text', 'Text']].map(([key, label]) => html`<button type="button" aria-pressed=${view === key ? 'true' : 'false'} onClick=${() => setView(key)}>${label}</button>`)}
    </div>`}
    ${shown ? html`<${Members} members=${members} />` : html`<${Lines} before=${before} after=${after} type=${type} />`}
  </div>`;
}

// Members are compared where both sides are objects or arrays and few of them differ.
function membersOf(before, after, type) {
  if (before === null || after === null || !isJson(before, type) || !isJson(after, type)) return null;
  const [left, right] = [parseJson(before), parseJson(after)];
  if (!left.ok || !right.ok || !isStructure(left.value) || !isStructure(right.value)) return null;
  const members = diffMembers(left.value, right.value);
  return members.length > 0 && members.length <= 200 && members[0].pointer !== '' ? members : null;
}

function isStructure(value) {
  return typeof value === 'object' && value !== null;
}

function Members({ members }) {
  return html`<dl class="diff-members">${members.map(({ pointer, kind, before, after }) => html`<div class=${`diff-member diff-member-${kind}`}>
    <dt class="mono"><${Text}>${pointer.slice(1).replaceAll('/', ' › ').replaceAll('~1', '/').replaceAll('~0', '~')}<//></dt>
    <dd>
      ${kind !== 'added' && html`<del><${Text}>${JSON.stringify(before, null, 2)}<//></del>`}
      ${kind === 'changed' && html`<span class="diff-arrow" aria-hidden="true">→</span>`}
      ${kind !== 'removed' && html`<ins><${Text}>${JSON.stringify(after, null, 2)}<//></ins>`}
    </dd>
  </div>`)}</dl>`;
}

function Lines({ before, after, type }) {
  const [all, setAll] = useState(false);
  const lines = useMemo(() => foldSame(linesBetween(before, after, type)), [before, after, type]);
  const shown = all ? lines : lines.slice(0, LINES_MAX);
  return html`<div class="diff-lines">
    ${shown.map((line) => (line.skipped ? html`<${Skipped} line=${line} />` : html`<${Line} line=${line} />`))}
    ${shown.length < lines.length && html`<p class="diff-note">${plural(lines.length - shown.length, 'more line')} not shown. <button class="link" onClick=${() => setAll(true)}>Show all</button></p>`}
  </div>`;
}

function linesBetween(before, after, type) {
  const [left, right] = [before, after].map((value) => (value !== null && isJson(value, type) && parseJson(value).ok ? indented(value) : value));
  if (left === null) return right.split('\n').map((text, index) => line('added', null, index + 1, text));
  if (right === null) return left.split('\n').map((text, index) => line('removed', index + 1, null, text));
  // Only the white space differs, so the texts themselves have to be compared.
  return left === right ? diffLines(before, after) : diffLines(left, right);
}

function line(kind, before, after, text) {
  return { kind, before, after, parts: [{ text, changed: false }] };
}

function Skipped({ line: { skipped, lines } }) {
  const [open, setOpen] = useState(false);
  if (open) return lines.map((each) => html`<${Line} line=${each} />`);
  return html`<button type="button" class="diff-skipped" onClick=${() => setOpen(true)}>${plural(skipped, 'equal line')}</button>`;
}

const SIGNS = { same: ' ', added: '+', removed: '−' };

function Line({ line: { kind, before, after, parts } }) {
  return html`<div class=${`diff-line diff-${kind}`}>
    <span class="diff-number">${before ?? after}</span><span class="diff-sign">${SIGNS[kind]}</span>
    <span class="diff-text">${parts.map(({ text, changed }) => (changed ? html`<mark><${Text}>${text}<//></mark>` : html`<${Text}>${text}<//>`))}</span>
  </div>`;
}
