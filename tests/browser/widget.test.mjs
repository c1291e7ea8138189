// The whole of it, nothing played by stand-ins but the shop's own systems (--demo): Chromium, the
// demo page, the widget, the server, its model and its store.
//
//   USHER_SCREENSHOTS=docs   renews the pictures in docs/; else they go to a folder that is removed
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Chat, until } from './chat.mjs';
import { Server } from './server.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const desktop = { locale: 'en-GB', viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' };
const large = { ...desktop, viewport: { width: 1440, height: 900 } };
const phone = { ...desktop, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
// Longer than the longest wait between two attempts to connect that a test can bring about.
const back_within_ms = 40_000;

let server;
let site;
let browser;
let pictures;
let contexts = [];
let chats = [];

before(async () => {
  const wanted = process.env.USHER_SCREENSHOTS;
  pictures = wanted ? join(root, wanted) : await mkdtemp(join(tmpdir(), 'usher-pictures-'));
  await mkdir(pictures, { recursive: true });
  site = await other_site();
  server = new Server([site.url]);
  await server.start();
  // Each launch has a profile of its own, which goes with it.
  browser = await chromium.launch({
    executablePath: process.env.USHER_CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

afterEach(async () => {
  const complaints = chats.flatMap((chat) => chat.complaints);
  for (const context of contexts) await context.close();
  contexts = [];
  chats = [];
  const { accident } = server;
  server.accident = '';
  // A test that failed in between leaves the next one a server all the same.
  if ((accident || server.is_down) && !server.is_stopped) await server.start();
  assert.equal(accident, '', server.output());
  assert.deepEqual(complaints, []);
});

after(async () => {
  await browser?.close();
  await server?.remove();
  if (!process.env.USHER_SCREENSHOTS) await rm(pictures, { recursive: true, force: true });
  site?.close();
});

// A shop's own web server, whose pages take the widget from the bot's.
async function other_site() {
  const page = () => `<!doctype html><html lang="en"><title>My orders</title>
    <main><h1>My orders</h1><div id="help"></div></main>
    <script src="${server.url}/widget.js" data-mode="inline" data-target="#help"
      data-title="Service" data-theme="dark" data-locale="en"></script>`;
  const http = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(request.url === '/orders' ? page() : '');
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const { port } = http.address();
  const close = () => {
    http.closeAllConnections();
    http.close();
  };
  return { url: `http://localhost:${port}`, elsewhere: `http://127.0.0.1:${port}`, close };
}

// A customer with a browser of their own: its storage, language and screen.
async function customer(options = desktop) {
  const context = await browser.newContext(options);
  contexts.push(context);
  return context;
}

async function visit(context, address = server.url) {
  const chat = await Chat.visit(context, server, address);
  chats.push(chat);
  return chat;
}

async function opened(options) {
  const chat = await visit(await customer(options));
  await chat.open();
  return chat;
}

test('the chat opens and closes by keyboard', async () => {
  const chat = await visit(await customer());
  const { keyboard } = chat.page;
  for (let presses = 0; (await chat.focused()) !== 'bubble'; presses += 1) {
    assert.ok(presses < 50, 'Tab never reaches the bubble');
    await keyboard.press('Tab');
  }
  assert.equal(await chat.bubble.getAttribute('aria-expanded'), 'false');
  await keyboard.press('Enter');
  assert.equal(await chat.focused(), 'input');
  assert.equal(await chat.bubble.getAttribute('aria-expanded'), 'true');
  await chat.answered('session_start');

  await keyboard.type('where is my order?');
  await keyboard.press('Shift+Enter');
  await keyboard.type('it is late');
  assert.equal(await chat.input.inputValue(), 'where is my order?\nit is late');
  await keyboard.press('Enter');
  await chat.answered('ask_order_number');
  assert.equal(await chat.input.inputValue(), '');

  await keyboard.press('Escape');
  assert.equal(await chat.panel.isVisible(), false);
  assert.equal(await chat.focused(), 'bubble');
  await keyboard.press('Space');
  assert.equal(await chat.focused(), 'input');
  await chat.agrees();
});

test('a customer corrects themselves, digresses, comes back, and reads it all again', async () => {
  const chat = await opened();
  await chat.answered('session_start');
  await chat.say('where is my order', 'ask_order_number');
  await chat.say('10423, no wait, 10432', 'ask_postcode');
  assert.equal((await chat.slots()).order_number, '10432');
  await chat.say('sorry, I meant order number 10423', 'correction', 'ask_postcode');
  assert.equal((await chat.slots()).order_number, '10423');
  const back = await chat.say(
    'when is your store open on Saturday?',
    'opening_hours',
    'continue_interrupted',
    'ask_postcode',
  );
  assert.match(back[0], /10:00–18:30/);
  const [status] = await chat.say('10115', 'order_status', 'completed');
  assert.match(status, /10423.*DHL.*Thursday/);

  const before_reload = await chat.agrees();
  await chat.page.reload();
  await chat.open();
  assert.deepEqual(await chat.agrees(), before_reload);
  await chat.say('thank you very much', 'thank');
  await chat.agrees();
});

test('a return is booked with quick replies and buttons', async () => {
  const chat = await opened();
  await chat.press('Send something back', 'ask_order_number');
  await chat.say('10432', 'ask_postcode');
  await chat.say('50667', 'ask_return_reason');
  await chat.press('Changed my mind', 'ask_return_quantity');
  await chat.press('2', 'confirm_return');
  const [booked] = await chat.press('Yes', 'return_booked', 'completed');
  assert.match(booked, /R-77012/);
  assert.equal(await chat.focused(), 'input');
  await chat.agrees();
});

test('a killed server goes on where it was', async () => {
  const chat = await opened();
  await chat.say('where is my order', 'ask_order_number');
  await chat.say('10423', 'ask_postcode');
  const before_kill = await chat.texts();
  await server.kill();
  await chat.banner.waitFor();
  assert.deepEqual(await chat.texts(), before_kill);
  await server.start();
  await chat.banner.waitFor({ state: 'hidden', timeout: back_within_ms });
  await chat.say('10115', 'order_status', 'completed');
  await chat.agrees();
});

test('a server killed while it asks the shop asks again', async () => {
  const chat = await opened();
  await chat.say('where is my order', 'ask_order_number');
  await chat.say('10700', 'ask_postcode'); // an order that the shop takes 400 ms to find
  await chat.type('75011');
  await until('it is acknowledged', async () => {
    const last = (await chat.rows()).findLast((row) => row.who === 'own');
    return last.text === '75011' && last.state === 'sent';
  });
  await server.kill();
  assert.deepEqual(await chat.replies(), []);
  await server.start();
  await until('it is answered', async () => (await chat.replies()).length > 0, back_within_ms);
  const [status] = await chat.answered('order_status', 'completed');
  assert.match(status, /10700.*Colissimo/);
  await chat.agrees();
});

test('what is written without a server arrives once, later', async () => {
  const chat = await opened();
  await chat.say('where is my order', 'ask_order_number');
  await server.kill();
  await chat.type('10423');
  assert.deepEqual((await chat.rows()).at(-1), { who: 'own', text: '10423', state: 'pending' });
  await server.start();
  const arrived = async () => (await chat.replies()).length > 0;
  await until('it arrives', arrived, back_within_ms);
  await chat.answered('ask_postcode');
  await chat.agrees();

  // Once more, and this time the page is loaded anew before the message could go.
  await server.kill();
  await chat.type('10115');
  await server.start();
  await chat.page.reload();
  await chat.open();
  await until('it arrives', arrived, back_within_ms);
  await chat.answered('order_status', 'completed');
  const said = (await chat.agrees()).filter((line) => line.startsWith('own: '));
  assert.deepEqual(said, ['own: where is my order', 'own: 10423', 'own: 10115']);
});

test('tabs show the same conversation', async () => {
  const context = await customer();
  const one = await visit(context);
  await one.open();
  await one.say('where is my order', 'ask_order_number');
  const two = await visit(context);
  await two.open();
  await two.agrees();
  await two.say('10423', 'ask_postcode');
  assert.deepEqual(await one.agrees(), await two.agrees());
  await one.say('10115', 'order_status', 'completed');
  assert.deepEqual(await two.agrees(), await one.agrees());

  // A tab opened by another begins with a copy of what that one keeps for itself.
  const opening = context.waitForEvent('page');
  await one.page.evaluate(() => window.open(location.href));
  const three = new Chat(await opening, server);
  chats.push(three);
  await three.page.locator('usher-chat').waitFor({ state: 'attached' });
  await three.open();
  await three.agrees();
  await three.say('thank you', 'thank');
  await one.say('bye', 'goodbye');
  const lines = await one.agrees();
  assert.deepEqual(await two.agrees(), lines);
  assert.deepEqual(await three.agrees(), lines);
});

test('markup in a message stays text', async () => {
  const chat = await opened();
  const hostile = [
    '<img src=x onerror="window.hacked = 1">',
    '<script>window.hacked = 1</script>',
    '[click](javascript:window.hacked=1)',
    '"><svg onload=window.hacked=1>',
  ];
  for (const text of hostile) {
    const heard = (await chat.rows()).length + 2;
    await chat.type(text);
    await until('it is answered', async () => (await chat.rows()).length >= heard);
    assert.ok((await chat.texts()).includes(`own: ${text}`), text);
  }
  const log = chat.page.locator('usher-chat .log');
  assert.equal(await log.locator('.said :is(img, script, svg, a)').count(), 0);
  await chat.page.reload();
  await chat.open();
  await chat.agrees();
  assert.equal(await log.locator('.said :is(img, script, svg, a)').count(), 0);
  assert.equal(await chat.page.evaluate(() => window.hacked), undefined);
});

for (const colorScheme of ['light', 'dark']) {
  test(`no barrier that axe knows of, ${colorScheme}`, async () => {
    const chat = await visit(await customer({ ...desktop, colorScheme }));
    await chat.accessibility();
    await chat.open();
    await chat.accessibility();
    await chat.press('Send something back', 'ask_order_number');
    await chat.say('10432', 'ask_postcode');
    await chat.say('50667', 'ask_return_reason'); // with buttons
    await chat.accessibility();
    await chat.press('Changed my mind', 'ask_return_quantity'); // with quick replies
    await chat.accessibility();
  });
}

test('a phone gives the chat its whole screen', async () => {
  const chat = await opened(phone);
  const box = await chat.panel.boundingBox();
  assert.deepEqual(box, { x: 0, y: 0, width: 390, height: 844 });
  assert.equal(await chat.panel.getAttribute('aria-modal'), 'true');
  assert.equal(await chat.bubble.isVisible(), false);
  // Smaller letters make a phone zoom in when one taps the field.
  const size = await chat.input.evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
  assert.ok(size >= 16, `${size} px`);
  const wider = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
  assert.equal(await chat.page.evaluate(wider), false);
  for (let presses = 0; presses < 12; presses += 1) {
    await chat.page.keyboard.press('Tab');
    assert.notEqual(await chat.focused(), '', 'the focus leaves the chat');
  }
  await chat.accessibility();
  await chat.page.getByRole('button', { name: 'Close chat' }).click();
  assert.equal(await chat.panel.isVisible(), false);
});

test('a Chinese customer reads Chinese', async () => {
  const chat = await opened({ ...desktop, locale: 'zh-CN' });
  const [greeting] = await chat.answered('session_start');
  assert.match(greeting, /您好/);
  assert.equal(await chat.input.getAttribute('placeholder'), '请输入消息…');
  await chat.press('查询订单', 'ask_order_number');
  await chat.say('10423', 'ask_postcode');
  const [status] = await chat.say('10115', 'order_status', 'completed');
  assert.match(status, /运单号/);
  await chat.accessibility();
  await chat.agrees();
});

test('right to left where the language is', async () => {
  const chat = await opened({ ...desktop, locale: 'ar' });
  const direction = chat.page.locator('usher-chat .root');
  assert.equal(await direction.getAttribute('dir'), 'rtl');
  const box = await chat.bubble.boundingBox();
  assert.ok(box.x < 100, 'the bubble sits on the left');
  await chat.accessibility();
});

test('another site places the chat where it wants and speaks with it', async () => {
  const chat = await visit(await customer(), `${site.url}/orders`);
  await chat.open();
  assert.equal(await chat.page.locator('#help usher-chat').count(), 1);
  assert.equal(await chat.bubble.count(), 0);
  await chat.shows_own('where is my order', () =>
    chat.page.evaluate(() => {
      window.heard = [];
      window.stop = window.usher.on('reply', (reply) => window.heard.push(reply.text));
      window.usher.send('where is my order');
    }),
  );
  const [asked] = await chat.answered('ask_order_number');
  assert.deepEqual(await chat.page.evaluate(() => window.heard), [asked]);
  await chat.page.evaluate(() => window.stop());
  await chat.say('10423', 'ask_postcode');
  assert.equal(await chat.page.evaluate(() => window.heard.length), 1);
  await chat.accessibility();
  await chat.agrees();
});

test('a site that nobody has allowed gets no chat', async () => {
  const chat = await visit(await customer(), `${site.elsewhere}/orders`);
  await chat.banner.getByText('The chat is not available here.').waitFor();
  assert.deepEqual(chat.complaints.splice(0).map((line) => line.replace(/ \(.*/, '')), [
    'usher: the server closed the chat with 4403',
  ]);
});

for (const [name, options] of [
  ['widget', large],
  ['widget-dark', { ...large, colorScheme: 'dark' }],
  ['widget-phone', { ...phone, deviceScaleFactor: 2 }],
]) {
  test(`a picture: ${name}.png`, async () => {
    const chat = await opened(options);
    await chat.say('Where is my order 10432? No wait, 10423', 'ask_postcode');
    await chat.say('10115', 'order_status', 'completed');
    await chat.page.mouse.move(10, 10);
    await chat.page.screenshot({ path: join(pictures, `${name}.png`), caret: 'hide' });
  });
}

test('the server ends in order', async () => {
  const chat = await opened();
  assert.equal(await server.stop(), 0, server.output());
  await chat.banner.waitFor();
});
