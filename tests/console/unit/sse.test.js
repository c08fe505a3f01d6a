import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventStreamParser } from '../../../src/presentation/http/console/sse.js';

const STREAM = 'retry: 2000\nid: 1-aa\n\n: heartbeat\n\nid: 2-bb\nevent: change\ndata: {"a":\ndata: 1}\n\nid: 5-cc\r\n\r\nevent: reset\nid: 3-dd\ndata:\n\n';
const EXPECTED = [
  { id: '1-aa', event: 'heartbeat', data: '' },
  { id: '1-aa', event: 'heartbeat', data: '' },
  { id: '2-bb', event: 'change', data: '{"a":\n1}' },
  { id: '5-cc', event: 'heartbeat', data: '' },
  { id: '3-dd', event: 'reset', data: '' },
];

test('a stream is read the same, wherever its pieces are cut', () => {
  for (const length of [1, 2, 3, 7, STREAM.length]) {
    const messages = [];
    const feed = eventStreamParser((message) => messages.push(message));
    for (let start = 0; start < STREAM.length; start += length) feed(STREAM.slice(start, start + length));
    assert.deepEqual(messages, EXPECTED);
  }
});
