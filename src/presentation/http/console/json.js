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
