// Differences of two texts by line and word, and of two JSON values by member. No DOM.

/** Beyond this many edits the texts have so little in common that a whole replacement reads better. */
const EDITS_MAX = 1000;

/**
 * @typedef {{text: string, changed: boolean}} Part
 * @typedef {{kind: 'same'|'removed'|'added', before: number|null, after: number|null, parts: Part[]}} Line
 */

/** The lines of two texts, in order; line numbers count from 1. Lines that replace each other show their words. */
export function diffLines(before, after) {
  const edits = diffSequences(before.split('\n'), after.split('\n'));
  /** @type {Line[]} */
  const lines = [];
  let left = 1;
  let right = 1;
  let block = { removed: [], added: [] };
  const flush = () => {
    pairWords(block);
    lines.push(...block.removed, ...block.added);
    block = { removed: [], added: [] };
  };
  for (const { kind, item } of edits) {
    const parts = [{ text: item, changed: false }];
    if (kind === 'removed') block.removed.push({ kind, before: left++, after: null, parts });
    else if (kind === 'added') block.added.push({ kind, before: null, after: right++, parts });
    else {
      flush();
      lines.push({ kind, before: left++, after: right++, parts });
    }
  }
  flush();
  return lines;
}

// Line n of what was removed is compared with line n of what was added; words help only where something is common.
function pairWords({ removed, added }) {
  for (let index = 0; index < Math.min(removed.length, added.length); index++) {
    const words = diffWords(removed[index].parts[0].text, added[index].parts[0].text);
    if (!words) continue;
    removed[index].parts = words.before;
    added[index].parts = words.after;
  }
}

/** The words of two lines, or null if they share too little. @returns {{before: Part[], after: Part[]} | null} */
export function diffWords(before, after) {
  if (before.length + after.length > 20_000) return null;
  const edits = diffSequences(wordsOf(before), wordsOf(after));
  const sides = { before: [], after: [] };
  let common = 0;
  for (const { kind, item } of edits) {
    if (kind === 'same') common += item.trim().length;
    if (kind !== 'added') append(sides.before, item, kind === 'removed');
    if (kind !== 'removed') append(sides.after, item, kind === 'added');
  }
  const longest = Math.max(before.trim().length, after.trim().length);
  return common * 5 >= longest ? sides : null;
}

function append(parts, text, changed) {
  const last = parts[parts.length - 1];
  if (last && last.changed === changed) last.text += text;
  else parts.push({ text, changed });
}

function wordsOf(line) {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Leaves out runs of equal lines but for `around` lines at each end: `{skipped: n}` takes their place. */
export function foldSame(lines, around = 3) {
  const folded = [];
  let index = 0;
  while (index < lines.length) {
    if (lines[index].kind !== 'same') {
      folded.push(lines[index++]);
      continue;
    }
    let end = index;
    while (end < lines.length && lines[end].kind === 'same') end += 1;
    const head = index === 0 ? 0 : around;
    const tail = end === lines.length ? 0 : around;
    if (end - index <= head + tail + 1) folded.push(...lines.slice(index, end));
    else {
      folded.push(...lines.slice(index, index + head));
      folded.push({ skipped: end - index - head - tail, lines: lines.slice(index + head, end - tail) });
      folded.push(...lines.slice(end - tail, end));
    }
    index = end;
  }
  return folded;
}

/** The shortest edits from one array to another: `[{kind, item}]` (Myers 1986, on what differs in the middle). */
export function diffSequences(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let left = before.length;
  let right = after.length;
  while (left > start && right > start && before[left - 1] === after[right - 1]) {
    left -= 1;
    right -= 1;
  }
  return [
    ...before.slice(0, start).map((item) => ({ kind: 'same', item })),
    ...shortestEdits(before.slice(start, left), after.slice(start, right)),
    ...before.slice(left).map((item) => ({ kind: 'same', item })),
  ];
}

function shortestEdits(before, after) {
  if (before.length === 0 || after.length === 0) return replacement(before, after);
  const longest = Math.min(before.length + after.length, EDITS_MAX);
  // reach[offset + diagonal]: how far into `before` the diagonal has come; two more cells keep the borders simple.
  const offset = longest + 1;
  const reach = new Int32Array(2 * longest + 3).fill(-1);
  reach[offset + 1] = 0;
  const trace = [];
  for (let edits = 0; edits <= longest; edits++) {
    // Only the diagonals from -edits - 1 to edits + 1 are read on the way back.
    trace.push(reach.slice(offset - edits - 1, offset + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = comesDown(reach, offset, diagonal, edits) ? reach[offset + diagonal + 1] : reach[offset + diagonal - 1] + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      reach[offset + diagonal] = x;
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trace, before, after);
    }
  }
  return replacement(before, after);
}

/** Whether the furthest way onto a diagonal is an addition (down) rather than a removal (right). */
function comesDown(reach, offset, diagonal, edits) {
  return diagonal === -edits || (diagonal !== edits && reach[offset + diagonal - 1] < reach[offset + diagonal + 1]);
}

function walkBack(trace, before, after) {
  const edits = [];
  let x = before.length;
  let y = after.length;
  for (let step = trace.length - 1; step >= 0; step--) {
    const reach = trace[step];
    const offset = step + 1;
    const diagonal = x - y;
    const down = comesDown(reach, offset, diagonal, step);
    const from = down ? diagonal + 1 : diagonal - 1;
    const fromX = step === 0 ? 0 : reach[offset + from];
    const fromY = step === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      edits.push({ kind: 'same', item: before[x - 1] });
      x -= 1;
      y -= 1;
    }
    if (step === 0) break;
    if (down) edits.push({ kind: 'added', item: after[--y] });
    else edits.push({ kind: 'removed', item: before[--x] });
  }
  return edits.reverse();
}

function replacement(before, after) {
  return [
    ...before.map((item) => ({ kind: 'removed', item })),
    ...after.map((item) => ({ kind: 'added', item })),
  ];
}

/**
 * The members that differ between two parsed JSON values, by JSON Pointer, in the order of the document.
 * @returns {{pointer: string, kind: 'added'|'changed'|'removed', before?: unknown, after?: unknown}[]}
 */
export function diffMembers(before, after, pointer = '') {
  if (Object.is(before, after)) return [];
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [{ pointer, kind: 'changed', before, after }];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const member = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!Object.hasOwn(before, key)) return [{ pointer: member, kind: 'added', after: after[key] }];
    if (!Object.hasOwn(after, key)) return [{ pointer: member, kind: 'removed', before: before[key] }];
    return diffMembers(before[key], after[key], member);
  });
}

function isContainer(value) {
  return typeof value === 'object' && value !== null;
}
