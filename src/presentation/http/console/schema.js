// Checks a value against the schema of its prefix while it is typed. The server decides in the end.

import { listSchemas } from './api.js';
import { parseJson } from './json.js';
import { covers } from './protection.js';

/** The schema with the longest prefix that covers the name: `{prefix, schema}`, or null. */
export async function schemaOf(name) {
  const { data } = await listSchemas();
  const covering = data.filter(({ prefix }) => covers(prefix, name));
  return covering.sort((left, right) => right.prefix.length - left.prefix.length)[0] ?? null;
}

/** @returns {Promise<(value: string) => {pointer: string, detail: string}[]>} what a value breaks */
export async function checkerOf(schema) {
  const { Validator } = await import('./vendor/json-schema/index.js');
  const validator = new Validator(schema, '2020-12', false);
  return (text) => {
    const parsed = parseJson(text);
    // A schema of a string also takes the bare text.
    if (!parsed.ok && schema.type !== 'string') return [{ pointer: '', detail: 'the value must be JSON' }];
    return validator.validate(parsed.ok ? parsed.value : text).errors
      // These only repeat that something below them is wrong, or what the error above them has said.
      .filter(({ keyword }) => !['properties', 'items', '$ref', 'allOf', 'false'].includes(keyword))
      .map(({ instanceLocation, error }) => ({ pointer: instanceLocation.replace(/^#/, ''), detail: error }));
  };
}
