import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo, reply, said, World } from './world';

const numbers = (frames: Record<string, unknown>[]) => frames.map((frame) => frame.cseq);
const texts = (frames: Record<string, unknown>[]) => frames.map((frame) => frame.text);

test('a first hello has a fresh client, epoch 1 and nothing to resume', () => {
  const world = new World();
  const session = world.session({ locale: 'en-GB', user: 'signed' });
  session.start();
  const hello = world.welcome();
  assert.match(hello.client as string, /^[A-Za-z0-9_-]{8,64}$/);
  assert.deepEqual(
    { ...hello, client: '' },
    { type: 'hello', client: '', epoch: 1, last_seq: 0, last_cseq: 0, locale: 'en-GB', user: 'signed' },
  );
  assert.equal(session.status, 'online');
  assert.deepEqual(JSON.parse(world.local.get('usher:shop') as string), { conversation: 'c1', token: 't1', seen: 0 });
});

test('a message is pending until its ack and then has its place', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const id = session.send({ text: 'hello' });
  assert.deepEqual(said(session), ['hello/pending']);
  assert.deepEqual(world.line.take('message'), [{ type: 'message', id, cseq: 1, text: 'hello' }]);
  world.line.give({ type: 'ack', id, seq: 1 }, reply(2));
  assert.deepEqual(said(session), ['hello/sent', 'reply 2']);
  assert(world.events.some(([name]) => name === 'sent'));
});

test('a button sends its payload with its title; a file its upload id alone', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  session.send({ text: 'Yes', payload: '/affirm' });
  session.send({ attachment: { upload: 'u1', name: 'a.png', size: 3 } });
  const [button, file] = world.line.take('message');
  assert.deepEqual({ ...button, id: 0 }, { type: 'message', id: 0, cseq: 1, payload: '/affirm', text: 'Yes' });
  assert.deepEqual({ ...file, id: 0 }, { type: 'message', id: 0, cseq: 2, attachment: { upload: 'u1' } });
});

test('what is written offline goes out in order on the next connection', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.line.break();
  assert.equal(session.status, 'offline');
  session.send({ text: 'one' });
  session.send({ text: 'two' });
  world.pass(60_000);
  world.welcome();
  const sent = world.line.take('message');
  assert.deepEqual(texts(sent), ['one', 'two']);
  assert.deepEqual(numbers(sent), [1, 2]);
});

test('a lost connection sends again what the server has not, with the same ids', () => {
  const world = new World();
  const session = world.session();
  session.start();
  const first = world.welcome();
  const ids = ['a', 'b', 'c'].map((text) => session.send({ text }));
  world.line.give({ type: 'ack', id: ids[0], seq: 1 });
  world.line.break();
  world.pass(1_000);
  const hello = world.welcome({ head_seq: 2, last_cseq: 2 });
  assert.equal(hello.client, first.client);
  assert.deepEqual([hello.epoch, hello.last_seq, hello.last_cseq], [2, 1, 1]);
  assert.deepEqual([hello.conversation, hello.token], ['c1', 't1']);
  assert.deepEqual(world.line.take('message').map((frame) => [frame.id, frame.cseq]), [[ids[2], 3]]);
  assert.deepEqual(said(session), ['a/sent', 'b/pending', 'c/pending']);
  world.line.give(echo(2, ids[1], 'b'), { type: 'ack', id: ids[2], seq: 3 });
  assert.deepEqual(said(session), ['a/sent', 'b/sent', 'c/sent']);
});

test('a counted message whose echo never comes is asked for by its id', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const id = session.send({ text: 'a' });
  world.line.break();
  world.pass(1_000);
  world.welcome({ head_seq: 0, last_cseq: 1 });
  assert.deepEqual(world.line.take('message').map((frame) => frame.id), [id]);
  world.line.give({ type: 'ack', id, seq: 1 });
  assert.deepEqual(said(session), ['a/sent']);
});

test('a reload keeps the client, raises the epoch, and sends the outbox with its ids', () => {
  const world = new World();
  const before = world.session();
  before.start();
  const first = world.welcome();
  const id = before.send({ text: 'kept' });
  world.reload();
  const after = world.session();
  assert(after.known);
  after.start();
  assert.deepEqual(said(after), ['kept/pending']);
  const hello = world.welcome();
  assert.deepEqual([hello.client, hello.epoch, hello.last_seq], [first.client, 2, 0]);
  assert.deepEqual(world.line.take('message'), [{ type: 'message', id, cseq: 1, text: 'kept' }]);
});

test('a replay that has the pending message settles it without sending it again', () => {
  const world = new World();
  const before = world.session();
  before.start();
  world.welcome();
  const id = before.send({ text: 'arrived' });
  world.reload();
  const after = world.session();
  after.start();
  world.welcome({ head_seq: 2, last_cseq: 1 });
  world.line.give(echo(1, id, 'arrived'), reply(2));
  assert.deepEqual(world.line.take('message'), []);
  assert.deepEqual(said(after), ['arrived/sent', 'reply 2']);
  assert.equal(after.send({ text: 'next' }).length > 0, true);
  assert.deepEqual(numbers(world.line.take('message')), [2]);
});

test('a duplicated tab gets a client of its own and leaves the outbox to the other', () => {
  const world = new World();
  const one = world.session();
  one.start();
  const first = world.welcome();
  one.send({ text: 'mine' });
  world.claims_free = false;
  const other = world.session();
  other.start();
  const hello = world.welcome({ head_seq: 0 });
  assert(hello.client !== first.client);
  assert.deepEqual([hello.epoch, hello.conversation], [1, 'c1']);
  assert.deepEqual(world.line.take('message'), []);
});

test('what was written before the claim is answered follows the kept outbox', () => {
  const world = new World();
  const before = world.session();
  before.start();
  world.welcome();
  before.send({ text: 'old' });
  world.reload();
  const ports = world.ports();
  let answer: (free: boolean) => void = () => undefined;
  ports.claim = (_client, call) => (answer = call);
  const session = world.session();
  (session as unknown as { ports_: typeof ports }).ports_ = ports;
  session.send({ text: 'new' });
  answer(true);
  world.welcome();
  const sent = world.line.take('message');
  assert.deepEqual([texts(sent), numbers(sent)], [['old', 'new'], [1, 2]]);
});

test('what comes twice is shown once, and in the order of seq', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome({ head_seq: 3 });
  world.line.give(reply(1), reply(3), reply(2), reply(2), reply(1));
  assert.deepEqual(said(session), ['reply 1', 'reply 2', 'reply 3']);
});

test('a gap is not skipped when resuming', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome({ head_seq: 3 });
  world.line.give(reply(1), reply(3));
  world.line.break();
  world.pass(1_000);
  assert.equal(world.welcome({ head_seq: 3 }).last_seq, 1);
  world.line.give(reply(2), reply(3));
  assert.deepEqual(said(session), ['reply 1', 'reply 2', 'reply 3']);
});

test('a frame of a later version keeps its place in the order', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome({ head_seq: 2 });
  world.line.give({ type: 'hologram', seq: 1 }, reply(2));
  world.line.break();
  world.pass(1_000);
  assert.equal(world.welcome().last_seq, 2);
  assert.deepEqual(said(session), ['reply 2']);
});

test('a nack sends again from what is expected, once for a burst of nacks', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const ids = ['a', 'b', 'c'].map((text) => session.send({ text }));
  world.line.take();
  world.line.give({ type: 'nack', id: ids[1], expected: 1 }, { type: 'nack', id: ids[2], expected: 1 });
  assert.deepEqual(numbers(world.line.take('message')), [1, 2, 3]);
});

test('a nack for numbers we do not have renumbers what waits', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome({ last_cseq: 4 });
  const ids = ['a', 'b'].map((text) => session.send({ text }));
  assert.deepEqual(numbers(world.line.take('message')), [5, 6]);
  world.line.give({ type: 'nack', id: ids[0], expected: 3 });
  assert.deepEqual(world.line.take('message').map((frame) => [frame.id, frame.cseq]), [[ids[0], 3], [ids[1], 4]]);
  world.line.give({ type: 'nack', id: ids[0], expected: 9 });
  assert.deepEqual(numbers(world.line.take('message')), [9, 10]);
});

test('at most eight messages are under way', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const ids = Array.from({ length: 12 }, (_, index) => session.send({ text: `m${index}` }));
  assert.equal(world.line.take('message').length, 8);
  world.line.give({ type: 'ack', id: ids[0], seq: 1 });
  assert.deepEqual(texts(world.line.take('message')), ['m8']);
});

test('a message without an ack for 20 s goes out again with its id', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const id = session.send({ text: 'a' });
  world.line.take();
  world.pass(20_000);
  assert.deepEqual(world.line.take('message').map((frame) => frame.id), [id]);
});

test('busy pauses as long as the server says, and keeps the order', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const ids = ['a', 'b'].map((text) => session.send({ text }));
  world.line.take();
  world.line.give(
    { type: 'error', code: 'busy', message: '', id: ids[0], retry_after_ms: 700 },
    { type: 'nack', id: ids[1], expected: 1 },
  );
  world.pass(600);
  assert.deepEqual(world.line.take('message'), []);
  world.pass(200);
  assert.deepEqual(texts(world.line.take('message')), ['a', 'b']);
});

test('a message that is refused for good fails, gives its number on, and can be retried', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const ids = ['bad', 'good'].map((text) => session.send({ text }));
  world.line.take();
  world.line.give({ type: 'error', code: 'bad_field', message: '', id: ids[0] });
  assert.deepEqual(world.line.take('message').map((frame) => [frame.text, frame.cseq]), [['good', 1]]);
  assert.deepEqual(said(session), ['bad/failed', 'good/pending']);
  world.line.give({ type: 'ack', id: ids[1], seq: 1 });
  session.retry(ids[0] as string);
  const [again] = world.line.take('message');
  assert(again && again.id !== ids[0]);
  assert.deepEqual([again.text, again.cseq], ['bad', 2]);
  assert.deepEqual(said(session), ['good/sent', 'bad/pending']);
});

test('failed messages are still there after a reload', () => {
  const world = new World();
  const before = world.session();
  before.start();
  world.welcome();
  const id = before.send({ text: 'bad' });
  world.line.give({ type: 'error', code: 'bad_field', message: '', id });
  world.reload();
  const after = world.session();
  after.start();
  world.welcome();
  assert.deepEqual(world.line.take('message'), []);
  assert.deepEqual(said(after), ['bad/failed']);
});

test('more than 4,000 characters are not sent', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  session.send({ text: 'x'.repeat(4_001) });
  assert.deepEqual(world.line.take('message'), []);
  const [item] = session.timeline();
  assert(item?.kind === 'own');
  assert.deepEqual([item.state, item.reason], ['failed', 'too_long']);
});

test('back-off doubles from 0.5 s to 30 s under full jitter', () => {
  const world = new World();
  world.chance = 1;
  world.session().start();
  for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    world.line.break();
    const tries = world.lines.length;
    world.pass(wait - 1);
    assert.equal(world.lines.length, tries, `too early: ${wait}`);
    world.pass(1);
    assert.equal(world.lines.length, tries + 1, `too late: ${wait}`);
  }
  world.chance = 0;
  world.line.break();
  const tries = world.lines.length;
  world.pass(0);
  assert.equal(world.lines.length, tries + 1);
});

test('back-off begins anew after a minute of health, not earlier', () => {
  const world = new World();
  world.chance = 1;
  world.session().start();
  const lose = () => {
    world.line.break();
    const tries = world.lines.length;
    const from = world.now;
    while (world.lines.length === tries) world.pass(100);
    return world.now - from;
  };
  assert.equal(lose(), 500);
  world.welcome();
  assert.equal(lose(), 1_000);
  world.welcome();
  for (let at = 0; at < 4; at += 1) {
    world.pass(20_000);
    world.line.give({ type: 'pong' });
  }
  assert.equal(lose(), 500);
});

test('a server that goes away is left alone as long as it asks', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  world.line.give({ type: 'error', code: 'going_away', message: '', retry_after_ms: 5_000 });
  world.line.break(1001);
  session.wake();
  world.pass(4_900);
  assert.equal(world.lines.length, 1);
  world.pass(700);
  assert.equal(world.lines.length, 2);
});

test('4429 waits ten seconds', () => {
  const world = new World();
  world.session().start();
  world.welcome();
  world.line.break(4429);
  world.pass(9_900);
  assert.equal(world.lines.length, 1);
  world.pass(500);
  assert.equal(world.lines.length, 2);
});

test('the network coming back ends the wait', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.line.break();
  session.wake();
  assert.equal(world.lines.length, 2);
});

test('waking an online session finds a dead socket in five seconds', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  world.pass(10_000);
  session.wake();
  world.pass(5_000);
  assert.equal(session.status, 'offline');
});

test('pings go out every 25 s, and 60 s of silence is a dead socket', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  world.pass(25_000);
  assert.equal(world.line.take('ping').length, 1);
  world.line.give({ type: 'pong' });
  world.pass(25_000);
  assert.equal(world.line.take('ping').length, 1);
  world.pass(34_000);
  assert.equal(session.status, 'online');
  world.pass(1_100);
  assert.equal(session.status, 'offline');
  assert(world.lines[0]?.closed);
});

test('a socket without a welcome for 15 s is given up', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.line.open();
  world.pass(15_000);
  assert.equal(session.status, 'offline');
});

test('4400 and 4403 stop for good', () => {
  const quiet = console.error;
  console.error = () => undefined;
  for (const code of [4400, 4403]) {
    const world = new World();
    const session = world.session();
    session.start();
    world.welcome();
    world.line.break(code);
    session.wake();
    world.pass(600_000);
    assert.deepEqual([session.status, world.lines.length], ['stopped', 1]);
    session.send({ text: 'anyone?' });
    assert.deepEqual(said(session), ['anyone?/failed']);
  }
  console.error = quiet;
});

test('4401 begins another conversation with what still waits', () => {
  const world = new World();
  const session = world.session();
  session.start();
  const first = world.welcome({ head_seq: 1 });
  world.line.give(reply(1));
  world.line.break();
  session.send({ text: 'waits' });
  world.pass(1_000);
  world.line.open();
  world.line.break(4401);
  const hello = world.welcome({ conversation: 'c2', token: 't2' });
  assert.equal(hello.conversation, undefined);
  assert.equal(hello.token, undefined);
  assert(hello.client !== first.client);
  assert.deepEqual([hello.epoch, hello.last_seq, hello.last_cseq], [1, 0, 0]);
  assert.deepEqual(numbers(world.line.take('message')), [1]);
  assert.deepEqual(said(session), ['waits/pending']);
  assert.match(world.local.get('usher:shop') as string, /c2.*t2/);
});

test('4401 again and again stops', () => {
  const quiet = console.error;
  console.error = () => undefined;
  const world = new World();
  const session = world.session();
  session.start();
  for (let at = 0; at < 3; at += 1) world.line.break(4401);
  assert.deepEqual([session.status, world.lines.length], ['stopped', 3]);
  console.error = quiet;
});

test('4409 after the welcome is no fight; writing goes on under a name of its own', () => {
  const world = new World();
  const session = world.session();
  session.start();
  const first = world.welcome();
  session.send({ text: 'under way' });
  world.line.break(4409);
  world.pass(600_000);
  session.wake();
  assert.deepEqual([session.status, world.lines.length], ['replaced', 1]);
  assert.deepEqual(said(session), ['under way/failed']);
  session.send({ text: 'here' });
  const hello = world.welcome();
  assert(hello.client !== first.client);
  assert.deepEqual(texts(world.line.take('message')), ['here']);
});

test('a stale epoch is cured by a new client, after the replay told what had arrived', () => {
  const world = new World();
  const before = world.session();
  before.start();
  world.welcome();
  const ids = ['arrived', 'lost'].map((text) => before.send({ text }));
  world.reload();
  const session = world.session();
  session.start();
  world.line.open();
  world.line.break(4409);
  world.welcome({ head_seq: 2 });
  assert.deepEqual(world.line.take('message'), []);
  world.line.give(echo(1, ids[0], 'arrived'), reply(2));
  assert.deepEqual(texts(world.line.take('message')), ['lost']);
});

test('4413 drops the longest message and tells so', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  session.send({ text: 'short' });
  session.send({ text: 'a much longer text' });
  world.line.break(4413);
  assert.deepEqual(said(session), ['short/pending', 'a much longer text/failed']);
  world.pass(1_000);
  world.welcome();
  assert.deepEqual(texts(world.line.take('message')), ['short']);
});

test('frames of an older socket are not heard', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const old = world.line;
  old.break();
  world.pass(1_000);
  world.welcome();
  old.give(reply(1));
  old.break(4403);
  assert.deepEqual([said(session).length, session.status], [0, 'online']);
});

test('a generated reply grows by its parts and gives way to the final one', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  world.line.give({ type: 'delta', turn: 't9', n: 0, text: 'Good ' }, { type: 'delta', turn: 't9', n: 1, text: 'mor' });
  assert.deepEqual(session.streams(), [['t9', 'Good mor']]);
  world.line.give({ type: 'delta', turn: 't9', n: 3, text: 'LOST BEFORE' });
  assert.deepEqual(session.streams(), [['t9', 'Good mor']]);
  world.line.give({ type: 'partial', turn: 't9', text: 'Good morning, ' }, { type: 'delta', turn: 't9', n: 7, text: 'dear' });
  assert.deepEqual(session.streams(), [['t9', 'Good morning, dear']]);
  world.line.give(reply(1, { turn: 't9', text: 'Good morning.' }));
  assert.deepEqual([session.streams(), said(session)], [[], ['Good morning.']]);
});

test('unread counts replies after what was seen, and survives a reload', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome({ head_seq: 2 });
  world.line.give(reply(1), reply(2));
  assert.equal(session.unread(), 2);
  session.mark_seen();
  session.mark_seen();
  assert.deepEqual([session.unread(), world.line.take('seen')], [0, [{ type: 'seen', seq: 2 }]]);
  world.reload();
  const after = world.session();
  after.start();
  world.welcome({ head_seq: 3 });
  world.line.give(reply(1), reply(2), reply(3));
  assert.equal(after.unread(), 1);
});

test('live replies are events, replayed ones are not', () => {
  const world = new World();
  world.session().start();
  world.welcome({ head_seq: 1 });
  world.line.give(reply(1), reply(2));
  assert.equal(world.events.filter(([name]) => name === 'reply').length, 1);
});

test('a reply for the page alone is an event, keeps its place and is not shown', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  const custom = reply(1, { text: undefined, custom: { cart: 2 } });
  world.line.give(custom, custom, reply(2));
  assert.deepEqual(said(session), ['reply 2']);
  assert.equal(world.events.filter(([name]) => name === 'reply').length, 2);
  world.line.break();
  world.pass(1_000);
  assert.equal(world.welcome({ head_seq: 2 }).last_seq, 2);
});

test('typing is shown until a reply, a lost socket or half a minute; own typing is told rarely', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  world.line.give({ type: 'typing', on: true });
  assert(session.typing);
  world.line.give(reply(1));
  assert.equal(session.typing, false);
  world.line.give({ type: 'typing', on: true });
  world.pass(20_000);
  assert(session.typing);
  world.line.give({ type: 'pong' });
  world.pass(10_000);
  assert.equal(session.typing, false);
  world.line.take();
  for (let at = 0; at < 10; at += 1) session.type();
  assert.equal(world.line.take('typing').length, 1);
});

test('another conversation than ours is read from its beginning', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome({ head_seq: 1 });
  world.line.give(reply(1));
  world.line.break();
  world.pass(1_000);
  world.welcome({ conversation: 'c9', token: 't9', head_seq: 1 });
  const hello = world.welcome({ conversation: 'c9', head_seq: 1 });
  assert.deepEqual([hello.conversation, hello.last_seq], ['c9', 0]);
  world.line.give(reply(1, { text: 'other' }));
  assert.deepEqual(said(session), ['other']);
});

test('damaged storage is as none', () => {
  for (const damage of ['', '{', 'null', '[]', '7', '{"client":"x y"}', '{"client":"abcdefgh","outbox":[null,{"id":1}]}']) {
    const world = new World();
    world.local.set('usher:shop', damage);
    world.tab.set('usher:shop', damage);
    const session = world.session();
    session.start();
    world.welcome();
    session.send({ text: 'a' });
    assert.deepEqual(numbers(world.line.take('message')), [1], damage);
  }
});

test('nonsense from the server changes nothing', () => {
  const world = new World();
  const session = world.session();
  session.start();
  world.welcome();
  for (const data of ['', 'x', '[]', 'null', '{"type":7}', '{"type":"reply"}', '{"type":"ack","seq":"1"}', '{"type":"delta"}', 5]) {
    world.line.give_raw(data);
  }
  assert.deepEqual([session.status, said(session)], ['online', []]);
});

// A server in a few lines that keeps the protocol, with connections cut at any moment: every
// message arrives once and in order, and everything is shown in the end.
test('random cuts, reloads and lost acks neither lose nor double nor reorder', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    let state = seed * 2_654_435_761;
    const random = () => {
      state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + seed) >>> 0;
      return state / 2 ** 32;
    };
    const world = new World();
    const kept: { id: unknown; text: unknown; seq: number }[] = [];
    const last = new Map<unknown, number>();
    let session = world.session();
    session.start();
    let hello: Record<string, unknown> = {};
    const connect = () => {
      world.pass(31_000);
      world.line.open();
      hello = world.line.take('hello')[0] ?? hello;
      const resume = kept.filter((one) => one.seq > (hello.last_seq as number));
      world.line.give({ type: 'welcome', conversation: 'c1', token: 't1', resumed: true, head_seq: kept.length, last_cseq: last.get(hello.client) ?? 0 });
      for (const one of resume) if (random() < 0.95) world.line.give(echo(one.seq, one.id, one.text as string));
        else return world.line.break();
    };
    const serve = (until: number) => {
      for (const frame of world.line.take('message').slice(0, until)) {
        const known = kept.find((one) => one.id === frame.id);
        const expected = (last.get(hello.client) ?? 0) + 1;
        if (!known && frame.cseq !== expected) {
          world.line.give({ type: 'nack', id: frame.id, expected });
          continue;
        }
        const one = known ?? { id: frame.id, text: frame.text, seq: kept.length + 1 };
        if (!known) {
          kept.push(one);
          last.set(hello.client, expected);
        }
        if (random() < 0.7) world.line.give({ type: 'ack', id: one.id, seq: one.seq });
      }
    };
    connect();
    const wanted: string[] = [];
    for (let step = 0; step < 40; step += 1) {
      const dice = random();
      if (dice < 0.5) {
        wanted.push(`m${wanted.length}`);
        session.send({ text: wanted[wanted.length - 1] as string });
      } else if (dice < 0.7) serve(1 + Math.floor(random() * 3));
      else if (dice < 0.85) {
        world.line.break();
        connect();
      } else if (dice < 0.93) {
        world.reload();
        session = world.session();
        session.start();
        connect();
      } else serve(100);
    }
    for (let at = 0; at < 60; at += 1) {
      if (session.status !== 'online') connect();
      serve(100);
      world.line.give({ type: 'pong' });
      world.pass(20_000);
    }
    assert.deepEqual(kept.map((one) => one.text), wanted, `server, seed ${seed}`);
    assert.deepEqual(said(session), wanted.map((text) => `${text}/sent`), `client, seed ${seed}`);
  }
});
