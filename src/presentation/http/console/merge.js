// Changes of the log, merged into a list of names. No DOM.

import { compareNames } from './tree.js';

/**
 * The list after some changes of the log, oldest first: sets replace or insert, deletes remove.
 * The result is a new sorted array; untouched items are the same objects.
 */
export function applyChanges(items, changes) {
  const newest = new Map();
  for (const change of changes) {
    for (const event of change.events) newest.set(event.data.config_name, { change, event });
  }
  const edits = [...newest].sort(([left], [right]) => compareNames(left, right));
  const result = [];
  let index = 0;
  for (const [name, { change, event }] of edits) {
    const start = index;
    while (index < items.length && compareNames(items[index].name, name) < 0) index += 1;
    for (let copied = start; copied < index; copied++) result.push(items[copied]);
    const previous = items[index]?.name === name ? items[index++] : undefined;
    const next = itemAfter(previous, change, event);
    if (next) result.push(next);
  }
  for (; index < items.length; index++) result.push(items[index]);
  return result;
}

function itemAfter(previous, change, event) {
  if (event.event_type === 'ConfigValueDeleted') return undefined;
  if (event.event_type === 'ConfigValueShredded') return previous;
  // The list that the event is applied to may be newer than the event.
  if (previous && previous.revision >= change.revision) return previous;
  const { masked, fingerprint, secret } = event.data;
  return {
    name: event.data.config_name,
    content_type: event.metadata?.content_type ?? previous?.content_type,
    version: event.stream_version,
    revision: change.revision,
    created_revision: previous?.created_revision ?? change.revision,
    updated_at: change.created_at,
    updated_by: change.actor,
    reason: change.reason,
    ...(secret || masked ? { secret: true, masked, fingerprint } : {}),
  };
}
