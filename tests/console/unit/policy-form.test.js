import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectsOf, formOf, readForm } from '../../../src/presentation/http/console/policy-form.js';

const POLICY = { secret_patterns: ['*password*', 'db/*'], require_reason: ['prod', ''], protect: [{ prefix: 'prod', names_max: 10 }], writes_per_second: null };

test('a policy that goes through the form is the same', () => {
  assert.deepEqual(readForm(formOf(POLICY)), { policy: POLICY, errors: {} });
  const limited = { ...POLICY, writes_per_second: 20 };
  assert.deepEqual(readForm(formOf(limited)).policy, limited);
});

test('empty and repeated lines are left out, and a slash at the end', () => {
  const { policy } = readForm({ ...formOf(POLICY), patterns: '\n a \n\na\n', reasons: 'prod/\nprod' });
  assert.deepEqual(policy.secret_patterns, ['a']);
  assert.deepEqual(policy.require_reason, ['prod']);
});

test('what the server would refuse is said at its field', () => {
  const errorsOf = (changes) => Object.keys(readForm({ ...formOf(POLICY), ...changes }).errors);
  assert.deepEqual(errorsOf({ patterns: 'a//b' }), ['patterns']);
  assert.deepEqual(errorsOf({ reasons: '/prod' }), ['reasons']);
  assert.deepEqual(errorsOf({ protect: [{ prefix: 'a', most: '1' }, { prefix: 'a/', most: '2' }] }), ['protect']);
  assert.deepEqual(errorsOf({ protect: [{ prefix: '', most: '1' }] }), ['protect']);
  assert.deepEqual(errorsOf({ protect: [{ prefix: 'a', most: '-1' }] }), ['protect']);
  for (const writes of ['0', '1.5', 'many', '1000001']) assert.deepEqual(errorsOf({ writes }), ['writes'], writes);
});

test('each effect of another policy is said, and which take a protection away', () => {
  const after = { secret_patterns: ['*password*', '*pin*'], require_reason: ['prod'], protect: [{ prefix: 'prod', names_max: 50 }, { prefix: '', names_max: 1 }], writes_per_second: 5 };
  assert.deepEqual(effectsOf(POLICY, after).map(({ loosens }) => loosens), [false, true, true, true, false, false]);
  assert.match(effectsOf(POLICY, after)[2].text, /everything no longer needs a reason/);
  assert.deepEqual(effectsOf(POLICY, POLICY), []);
});
