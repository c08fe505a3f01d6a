// A secret: dots, and its text for half a minute after the reader has named a purpose.

import { revealItem } from '../api.js';
import { html, useEffect, useState } from '../preact.js';
import { Button } from './button.js';
import { Field } from './field.js';
import { Icon } from './icon.js';
import { InlineError } from './states.js';
import { ValueBody } from './value-body.js';

const SECONDS = 30;

/** @param {{item: object, at?: string}} props */
export function Secret({ item, at }) {
  const [value, setValue] = useState(null);
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const [error, setError] = useState(null);
  const [left, setLeft] = useState(0);

  // Another version is another secret.
  useEffect(() => setValue(null), [item.revision, at]);
  useEffect(() => {
    if (value === null) return undefined;
    const until = Date.now() + SECONDS * 1000;
    setLeft(SECONDS);
    const timer = setInterval(() => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      if (seconds <= 0) setValue(null);
      else setLeft(seconds);
    }, 250);
    return () => clearInterval(timer);
  }, [value]);

  const reveal = async (event) => {
    event.preventDefault();
    setError(null);
    try {
      const { data } = await revealItem(item.name, { at, reason: reason.trim() });
      setValue(data.value);
      setAsking(false);
      setReason('');
    } catch (problem) {
      setError(problem);
    }
  };

  if (value !== null) {
    return html`<${ValueBody} value=${value} contentType=${item.content_type}>
      <span class="badge badge-warn"><${Icon} name="eye" />hidden again in ${left} s</span>
      <span class="muted small">This reveal was recorded.</span>
      <${Button} kind="quiet" onClick=${() => setValue(null)}>Hide now<//>
    <//>`;
  }
  return html`<div class="panel panel-body secret">
    <p class="secret-dots"><${Icon} name="lock" /><span class="dots" aria-label="hidden">••••••••••••</span></p>
    <p class="muted">This value is a secret.${item.fingerprint && html` Its fingerprint is <code>${item.fingerprint}</code>: the same text has the same fingerprint.`}</p>
    ${asking ? html`<form class="secret-form" onSubmit=${reveal}>
      <${Field} label="Reason" value=${reason} onInput=${setReason} required autofocus autocomplete="off" hint="Why do you need to see it? The reveal is recorded with your name and this purpose." />
      <${InlineError} error=${error} />
      <div class="actions"><${Button} type="submit" kind="primary" icon="eye" disabled=${!reason.trim()}>Reveal<//><${Button} onClick=${() => setAsking(false)}>Cancel<//></div>
    </form>` : html`<div class="actions"><${Button} icon="eye" onClick=${() => setAsking(true)}>Reveal<//><span class="muted small">for ${SECONDS} s; it is recorded</span></div>`}
  </div>`;
}
