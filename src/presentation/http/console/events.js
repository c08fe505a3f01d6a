// Events of the log as the two sides of a difference. No DOM.

/**
 * The effect of an event on its name.
 * @returns {{name: string, kind: 'added'|'changed'|'removed'|'shredded', from: object|null, to: object|null}}
 */
export function sidesOf(event) {
  const { data } = event;
  const name = data.config_name;
  if (event.event_type === 'ConfigValueShredded') return { name, kind: 'shredded', from: null, to: null };
  if (event.event_type === 'ConfigValueDeleted') {
    return { name, kind: 'removed', from: sideOf(data.deleted_value, data, ''), to: null };
  }
  const to = { ...sideOf(data.value, data, ''), content_type: data.content_type };
  const absent = data.old_value === null && !data.old_masked && !data.old_shredded;
  const from = absent ? null : sideOf(data.old_value, data, 'old_');
  return { name, kind: from ? 'changed' : 'added', from, to };
}

function sideOf(value, data, prefix) {
  return {
    value,
    secret: data[`${prefix}secret`],
    masked: data[`${prefix}masked`],
    fingerprint: data[`${prefix}fingerprint`],
    shredded: data[`${prefix}shredded`],
  };
}
