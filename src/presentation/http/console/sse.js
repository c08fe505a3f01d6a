// The parser of event streams (WHATWG server-sent events), fed with pieces of text. No DOM.

/** @param {(message: {id: string, event: string, data: string}) => void} onMessage */
export function eventStreamParser(onMessage) {
  let rest = '';
  let id = '';
  let event = '';
  let data = [];

  const line = (text) => {
    if (text === '') {
      // A message without data carries only the id that was reached.
      if (data.length || event) onMessage({ id, event: event || 'message', data: data.join('\n') });
      else if (id) onMessage({ id, event: 'heartbeat', data: '' });
      event = '';
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  };

  return (chunk) => {
    rest += chunk;
    let start = 0;
    for (let end = rest.indexOf('\n', start); end >= 0; end = rest.indexOf('\n', start)) {
      line(rest.slice(start, end).replace(/\r$/, ''));
      start = end + 1;
    }
    rest = rest.slice(start);
  };
}
