import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse_frame, time, type Reply } from '../src/protocol';

const parse = (frame: unknown) => parse_frame(JSON.stringify(frame));

test('a reply without the optional parts is whole', () => {
  assert.deepEqual(parse({ type: 'reply', seq: 3, id: 'r', turn: 7, ts: 5e11, from: { kind: 'person', name: 'Mia' } }), {
    type: 'reply', seq: 3, id: 'r', turn: '7', ts: 5e11, from: { kind: 'person', name: 'Mia' }, text: '',
    format: 'plain', buttons: [], quick_replies: [], image: undefined, upload: undefined, custom: undefined,
  });
});

test('malformed parts of a reply are left out', () => {
  const reply = parse({
    type: 'reply', seq: 1, text: 7, from: 'x', buttons: [null, 1, { title: 'no target' }, { title: 'a', payload: '/a' }, { title: 2 }],
    quick_replies: 'no', image: { alt: 'no url' }, upload: { accept: [1, 'image/*'], max_bytes: -1 },
  }) as Reply;
  assert.deepEqual(reply.buttons, [{ title: 'a', payload: '/a', url: undefined }]);
  assert.deepEqual([reply.text, reply.quick_replies, reply.image], ['', [], undefined]);
  assert.deepEqual(reply.upload, { accept: ['image/*'], max_bytes: Infinity });
});

test('frames without what they need are none', () => {
  const bad: unknown[] = [7, null, [], {}, { type: 'welcome' }, { type: 'ack', id: 'a' }, { type: 'ack', seq: 1 },
    { type: 'nack', id: 'a', expected: 0 }, { type: 'reply', seq: 0 }, { type: 'reply', seq: 1.5 }, { type: 'reply', seq: -1 },
    { type: 'delta', turn: 't' }, { type: 'partial' }, { type: 'new', seq: 'x' }];
  for (const frame of bad) assert.equal(parse(frame), null, JSON.stringify(frame));
  assert.equal(parse_frame('{'), null);
  assert.equal(parse_frame(undefined), null);
});

test('what is new but has a seq is known to take a place', () => {
  assert.deepEqual(parse({ type: 'hologram', seq: 4 }), { type: 'unknown', seq: 4 });
  assert.deepEqual(parse({ type: 'handover', seq: 5, state: 'levitating' }), { type: 'unknown', seq: 5 });
});

test('times come as milliseconds, seconds or ISO 8601', () => {
  assert.equal(time(1_700_000_000_000), 1_700_000_000_000);
  assert.equal(time(1_700_000_000), 1_700_000_000_000);
  assert.equal(time('2023-11-14T22:13:20Z'), 1_700_000_000_000);
  assert.deepEqual([time('soon'), time(null), time(undefined)], [0, 0, 0]);
});
