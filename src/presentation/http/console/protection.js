// The policy's requirements on a change, as the server counts them. No DOM.

/** Whether a prefix covers a name by whole segments. */
export function covers(prefix, name) {
  const folder = prefix.replace(/\/$/, '');
  return folder === '' || name === folder || name.startsWith(`${folder}/`);
}

/**
 * The confirmation that a change of these names needs, or null. The server asks for the largest number of all
 * protections that are exceeded, and of equal ones for the first.
 * @param {{prefix: string, names_max: number}[]} protections
 * @param {string[]} names that get another content
 * @returns {{prefix: string, names: number, limit: number} | null}
 */
export function confirmationNeeded(protections, names) {
  let needed = null;
  for (const { prefix, names_max: limit } of protections) {
    const count = names.filter((name) => covers(prefix, name)).length;
    if (count > limit && count > (needed?.names ?? 0)) needed = { prefix, names: count, limit };
  }
  return needed;
}
