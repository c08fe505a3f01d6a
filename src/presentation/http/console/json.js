// JSON as it is written: its tokens, and the same tokens on indented lines. No DOM.
//
// The text is never parsed and printed again, because that would round long numbers and drop doubled members.

/** @typedef {{type: 'key'|'string'|'number'|'literal'|'punctuation', text: string}} Token */

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/gy;
const SPACE = /\s*/gy;

/** The tokens of a text that is valid JSON. @returns {Token[]} */
export function tokensOf(text) {
  const tokens = [];
  let position = skipSpace(text, 0);
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match) break;
    position = skipSpace(text, TOKEN.lastIndex);
    const isKey = match[0][0] === '"' && text[position] === ':';
    tokens.push({ type: isKey ? 'key' : typeOf(match[0]), text: match[0] });
  }
  return tokens;
}

function skipSpace(text, position) {
  SPACE.lastIndex = position;
  SPACE.exec(text);
  return SPACE.lastIndex;
}

function typeOf(token) {
  if (token[0] === '"') return 'string';
  if ('{}[],:'.includes(token)) return 'punctuation';
  return /^[tfn]/.test(token) ? 'literal' : 'number';
}

/** The tokens on lines, indented by two spaces; empty objects and arrays stay on one line. @returns {Token[][]} */
export function linesOf(text) {
  const tokens = tokensOf(text);
  const lines = [[]];
  let depth = 0;
  const breakLine = () => lines.push(depth ? [{ type: 'punctuation', text: '  '.repeat(depth) }] : []);
  tokens.forEach((token, index) => {
    const next = tokens[index + 1]?.text;
    const previous = tokens[index - 1]?.text;
    const opens = token.text === '{' || token.text === '[';
    const closes = token.text === '}' || token.text === ']';
    if (closes) {
      depth -= 1;
      if (previous !== '{' && previous !== '[') breakLine();
    }
    lines[lines.length - 1].push(token.text === ':' ? { ...token, text: ': ' } : token);
    if (opens) {
      depth += 1;
      if (next !== '}' && next !== ']') breakLine();
    }
    if (token.text === ',') breakLine();
  });
  return lines;
}

/** The text with its members on indented lines. */
export function indented(text) {
  return linesOf(text).map((line) => line.map((token) => token.text).join('')).join('\n');
}

/** Whether the value is JSON by its content type, or looks like an object or array. */
export function isJson(value, contentType = '') {
  if (/[/+]json\b/.test(contentType)) return true;
  return /^\s*[[{]/.test(value) && parseJson(value).ok;
}

/** @returns {{ok: true, value: unknown} | {ok: false, message: string, line: number, column: number}} */
export function parseJson(text) {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, ...placeOfError(text, String(error.message)) };
  }
}

function placeOfError(text, message) {
  const match = /position (\d+)/.exec(message);
  const position = match ? Number(match[1]) : text.length;
  const lines = text.slice(0, position).split('\n');
  // Browsers append the place and quote the text; the line and column say it better.
  const reason = message.replace(/ in JSON at position.*$/s, '').replace(/,? ?(\.\.\.)?"[\s\S]*$/, '').replace(/^JSON\.parse: /, '');
  return { message: reason || 'not valid JSON', line: lines.length, column: lines[lines.length - 1].length + 1 };
}
