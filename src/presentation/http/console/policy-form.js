// The policy as a form, and what a changed one means. No DOM.

/**
 * @typedef {{secret_patterns: string[], require_reason: string[], protect: {prefix: string, names_max: number}[],
 *            writes_per_second: number|null}} Policy
 */

/** @param {Policy} policy */
export function formOf(policy) {
  return {
    patterns: policy.secret_patterns.join('\n'),
    reasons: policy.require_reason.map(shownPrefix).join('\n'),
    protect: policy.protect.map(({ prefix, names_max: most }) => ({ prefix: shownPrefix(prefix), most: String(most) })),
    writes: policy.writes_per_second === null ? '' : String(policy.writes_per_second),
  };
}

/** The empty prefix, which is everything, is written as a slash: an empty line would not be seen. */
export function shownPrefix(prefix) {
  return prefix === '' ? '/' : prefix;
}

export function readPrefix(text) {
  const trimmed = text.trim();
  return trimmed === '/' ? '' : trimmed.replace(/\/$/, '');
}

/** @returns {{policy: Policy, errors: Record<string, string>}} `errors` by field */
export function readForm({ patterns, reasons, protect, writes }) {
  const errors = {};
  const policy = {
    secret_patterns: linesOf(patterns),
    require_reason: [...new Set(linesOf(reasons).map(readPrefix))],
    protect: protect.map(({ prefix, most }) => ({ prefix: readPrefix(prefix), names_max: Number(most) })),
    writes_per_second: writes.trim() === '' ? null : Number(writes),
  };
  const empty = policy.secret_patterns.find((pattern) => /^\/|\/$|\/\//.test(pattern));
  if (empty) errors.patterns = `${empty}: a pattern has no empty segment`;
  const slashed = [...linesOf(reasons), ...protect.map(({ prefix }) => prefix.trim())].find((prefix) => prefix.length > 1 && prefix.startsWith('/'));
  if (slashed) errors[linesOf(reasons).includes(slashed) ? 'reasons' : 'protect'] = `${slashed}: a prefix does not begin with /`;
  const prefixes = policy.protect.map(({ prefix }) => prefix);
  if (protect.some(({ prefix }) => prefix.trim() === '')) errors.protect = 'write a prefix, or / for everything';
  else if (protect.some(({ most }) => !/^\s*\d+\s*$/.test(most))) errors.protect = 'write a number of names, such as 10';
  else if (new Set(prefixes).size < prefixes.length) errors.protect = 'a prefix is there twice: keep one number for it';
  const rate = policy.writes_per_second;
  if (rate !== null && !(Number.isInteger(rate) && rate >= 1 && rate <= 1_000_000)) errors.writes = 'write a whole number from 1 to 1,000,000, or nothing for no limit';
  return { policy, errors };
}

function linesOf(text) {
  return [...new Set(text.split('\n').map((line) => line.trim()).filter(Boolean))];
}

/** The text of a policy, in one order of members. @param {Policy} policy */
export function textOf({ secret_patterns, require_reason, protect, writes_per_second }) {
  return JSON.stringify({ secret_patterns, require_reason, protect, writes_per_second }, null, 2);
}

/**
 * What another policy changes, in sentences. `loosens` marks those that take a protection away.
 * @returns {{text: string, loosens: boolean}[]}
 */
export function effectsOf(before, after) {
  const effects = [];
  const say = (text, loosens) => effects.push({ text, loosens });
  const { added, removed } = changed(before.secret_patterns, after.secret_patterns);
  for (const pattern of added) say(`Values whose name matches ${pattern} become secret.`, false);
  for (const pattern of removed) say(`Values whose name matches ${pattern} are no longer secret by it: everyone who may read them sees their text.`, true);
  const reasons = changed(before.require_reason, after.require_reason);
  for (const prefix of reasons.added) say(`A change under ${everything(prefix)} needs a reason.`, false);
  for (const prefix of reasons.removed) say(`A change under ${everything(prefix)} no longer needs a reason.`, true);
  const limits = new Map(before.protect.map(({ prefix, names_max: most }) => [prefix, most]));
  for (const { prefix, names_max: most } of after.protect) {
    const old = limits.get(prefix);
    limits.delete(prefix);
    if (old !== most) say(`A change of more than ${most} ${most === 1 ? 'name' : 'names'} under ${everything(prefix)} needs a confirmation${old === undefined ? '' : `; until now of more than ${old}`}.`, old !== undefined && most > old);
  }
  for (const prefix of limits.keys()) say(`Large changes under ${everything(prefix)} no longer need a confirmation.`, true);
  const [old, rate] = [before.writes_per_second, after.writes_per_second];
  if (old !== rate) say(rate === null ? 'Writes have no limit any more.' : `Each token may make ${rate} writes per second${old === null ? '' : `; until now ${old}`}.`, rate === null || (old !== null && rate > old));
  return effects;
}

function changed(before, after) {
  return { added: after.filter((each) => !before.includes(each)), removed: before.filter((each) => !after.includes(each)) };
}

/** A prefix in a sentence. */
export function everything(prefix) {
  return prefix === '' ? 'everything' : prefix;
}
