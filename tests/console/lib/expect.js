// Expectations that wait: playwright's locators find, these compare.

import assert from 'node:assert/strict';

const PATIENCE = 15_000;

/** Asks until it is right; fails with the last answer. */
export async function eventually(ask, check, patience = PATIENCE) {
  const deadline = performance.now() + patience;
  for (;;) {
    const answer = await ask();
    try {
      check(answer);
      return answer;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a locator must come to. */
export function expect(locator) {
  return {
    visible: () => locator.waitFor({ state: 'visible' }),
    gone: () => locator.waitFor({ state: 'hidden' }),
    text: (wanted) => eventually(() => textOf(locator), (text) => matches(text, wanted)),
    count: (wanted) => eventually(() => locator.count(), (count) => assert.equal(count, wanted)),
    value: (wanted) => eventually(() => locator.inputValue(), (value) => matches(value, wanted)),
    attribute: (name, wanted) => eventually(() => locator.getAttribute(name), (value) => matches(value, wanted)),
    disabled: () => eventually(() => locator.isDisabled(), (disabled) => assert.ok(disabled, `${locator} is enabled`)),
    enabled: () => eventually(() => locator.isEnabled(), (enabled) => assert.ok(enabled, `${locator} is disabled`)),
    focused: () => eventually(
      () => locator.evaluate((element) => element === document.activeElement),
      (focused) => assert.ok(focused, `${locator} has no focus`),
    ),
  };
}

async function textOf(locator) {
  return (await locator.allInnerTexts()).join('\n');
}

function matches(text, wanted) {
  if (wanted instanceof RegExp) assert.match(text ?? '', wanted);
  else assert.ok((text ?? '').includes(wanted), `${JSON.stringify(wanted)} is not in ${JSON.stringify(text)}`);
}
