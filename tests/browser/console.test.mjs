// The console in Chromium, over the real server: what it shows is what was said and counted.
//
//   USHER_SCREENSHOTS=docs   renews the pictures in docs/; else they go to a folder that is removed
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { until } from './chat.mjs';
import { Server } from './server.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desktop = {
  locale: 'en-GB',
  viewport: { width: 1280, height: 900 },
  reducedMotion: 'reduce',
};
const phone = { ...desktop, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const attack = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

let fresh; // A server that nobody has talked to
let busy; // One with a month behind it
let browser;
let pictures;
let contexts = [];
let complaints = [];

before(async () => {
  const wanted = process.env.USHER_SCREENSHOTS;
  pictures = wanted ? join(root, wanted) : await mkdtemp(join(tmpdir(), 'usher-pictures-'));
  await mkdir(pictures, { recursive: true });
  fresh = new Server();
  busy = new Server();
  await busy.remember_a_month();
  await fresh.start();
  await busy.start();
  browser = await chromium.launch({
    executablePath: process.env.USHER_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterEach(async () => {
  for (const context of contexts) await context.close();
  contexts = [];
  const heard = complaints;
  complaints = [];
  assert.deepEqual(heard, []);
  for (const server of [fresh, busy]) assert.equal(server.accident, '', server.output());
});

after(async () => {
  await browser?.close();
  await fresh?.remove();
  await busy?.remove();
  if (!process.env.USHER_SCREENSHOTS) await rm(pictures, { recursive: true, force: true });
});

// A page of the console's. What it asks for beside its own server is a complaint.
async function visit(server, options = desktop, path = '') {
  const context = await browser.newContext(options);
  contexts.push(context);
  const page = await context.newPage();
  const origin = new URL(server.url).origin;
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    // A browser notes a refused key, and a conversation that there is not, by itself.
    const refused = /status of 40[14]/.test(message.text());
    if (message.type() === 'error' && !refused) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    const own = url.origin === origin || url.protocol === 'data:';
    if (!own) complaints.push(`asked for ${request.url()}`);
    if (/key|token/i.test(url.search)) complaints.push(`a key in ${request.url()}`);
  });
  await page.goto(`${server.url}/console${path}`);
  return page;
}

async function enter(server, options = desktop, path = '') {
  const page = await visit(server, options, path);
  await page.getByLabel('Operator’s key').fill(await server.key('operator.key'));
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation').waitFor();
  return page;
}

const settled = async (page) => {
  await until(
    'all is loaded',
    async () =>
      (await page.getByText('Loading …').count()) === 0 && (await page.locator('h1').count()) === 1,
  );
  await page.waitForTimeout(50); // A plot is drawn once its place has a width.
};

// Violations of axe's rules in light and dark.
async function check(page, what) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html)}`);
    assert.deepEqual(found, [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

const tile = async (page, name) =>
  page.locator('.tile', { hasText: name }).locator('strong').innerText();

test('only the operator’s key opens the console, and the tab keeps it', async () => {
  const page = await visit(fresh);
  const key = page.getByLabel('Operator’s key');
  await check(page, 'login');
  await key.fill('not the key');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByRole('alert').innerText(), 'The server does not take this key.');
  assert.equal(await page.getByRole('navigation').count(), 0);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);

  await key.fill(await fresh.key('operator.key'));
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.equal(await page.evaluate(() => document.cookie), '');
  await page.reload();
  await page.getByRole('navigation').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await key.waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test('a key that is changed meanwhile is asked for again', async () => {
  const page = await visit(fresh);
  await page.evaluate(() => sessionStorage.setItem('usher.console.key', 'an old one'));
  await page.reload();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Operator’s key').isVisible(), true);
});

test('the numbers are those of the conversations that were held', async () => {
  const empty = await enter(fresh);
  await empty.getByText('No customer has written in these days.').waitFor();
  await check(empty, 'no numbers');

  await fresh.say('anna', 'where is my order 10423');
  await fresh.say('anna', '10115');
  await fresh.say('ben', 'where is my order');
  await fresh.say('ben', 'xylophone quantum potato');
  await fresh.say('cleo', 'I want to talk to a person');
  await fresh.say('mallory', attack);

  await empty.reload();
  await empty.locator('.tile').first().waitFor();
  await settled(empty);
  const kept = (await fresh.get('/v1/stats')).rows[0];
  assert.equal(kept.conversations, 4);
  assert.equal(kept.messages, 6);
  assert.equal(kept.handovers, 1);
  assert.ok(kept.fallbacks >= 1);
  assert.equal(await tile(empty, 'Conversations'), '4');
  assert.equal(await tile(empty, 'Handovers'), '1');
  assert.equal(await tile(empty, 'Corrections'), '0');
  assert.equal(await tile(empty, 'Resolved by the bot'), '–');
  const flows = empty.locator('section', { has: empty.getByRole('heading', { name: 'Flows' }) });
  await flows.getByText('As a table').click();
  const row = await flows.locator('tbody tr', { hasText: 'order_status' }).innerText();
  assert.match(row, /^order_status\s+2\s/);
});

test('what a customer wrote is shown as text, whatever it is', async () => {
  const page = await enter(fresh, desktop, '#/conversations');
  await page.getByRole('searchbox').fill('ONERROR');
  await page.getByRole('button', { name: 'Search' }).click();
  await until('one is found', async () => (await page.locator('.sessions li').count()) === 1);
  assert.equal(await page.locator('.sessions .words').innerText(), attack);
  await page.locator('.sessions a').click();
  await page.locator('.said.customer').waitFor();
  assert.equal(await page.locator('.said.customer .text').innerText(), attack);
  await page.locator('blockquote').waitFor();
  assert.equal(await page.locator('blockquote').innerText(), attack);
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});

test('a conversation is found, read, and every reply explained', async () => {
  const page = await enter(fresh, desktop, '#/conversations');
  await page.getByLabel('Flow').selectOption('order_status');
  await until('two are found', async () => (await page.locator('.sessions li').count()) === 2);
  await page.getByRole('link', { name: /where is my order 10423/ }).click();
  await page.getByRole('button', { name: 'Why? Turn 2' }).click();
  const why = page.getByRole('region', { name: 'Why this reply' });
  await why.getByRole('heading', { name: 'Why this reply, turn 2' }).waitFor();
  await why.getByText('slots.postcode is slots.order_postcode').first().waitFor();
  assert.equal(await why.locator('blockquote').innerText(), '10115');
  assert.match(await why.innerText(), /GET \/orders\/10423/);
  assert.match(await why.innerText(), /utter_order_status/);
  assert.match(await why.innerText(), /flows\/order_status\.yml:\d+/);
  await check(page, 'a conversation');

  const id = /conversations\/([0-9a-f]{32})/.exec(page.url())[1];
  await page.getByRole('link', { name: 'All conversations' }).click();
  await check(page, 'conversations');
  await page.getByRole('searchbox').fill(id);
  await page.keyboard.press('Enter');
  await page.locator('.transcript').waitFor();
  assert.match(await page.locator('.transcript').innerText(), /where is my order 10423/);
  await page.goto(`${fresh.url}/console#/conversations/${'0'.repeat(32)}`);
  await page.getByText('No such conversation.').waitFor();
});

test('all of it goes by keyboard', async () => {
  const page = await enter(fresh);
  await settled(page);
  const at = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  assert.equal(await at(), 'Numbers'); // The heading of what came up
  for (let presses = 0; (await at()) !== 'Conversations'; presses += 1) {
    assert.ok(presses < 10, 'the views are never reached');
    await page.keyboard.press('Shift+Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Conversations', level: 1 }).waitFor();
  await until('the heading has the focus', async () =>
    page.evaluate(() => document.activeElement?.tagName === 'H1'),
  );
});

test('a month is drawn as plots, in light, in dark and on a phone', async () => {
  const page = await enter(busy);
  await page.locator('.tile').first().waitFor();
  await check(page, 'numbers');
  const kept = (await busy.get('/v1/stats')).rows[0];
  assert.ok(kept.conversations > 300);
  assert.equal(
    await tile(page, 'Conversations'),
    new Intl.NumberFormat('en-GB').format(kept.conversations),
  );
  assert.equal(await tile(page, 'Satisfaction'), kept.satisfaction.toFixed(1));
  const today = (await busy.get('/v1/stats?by=day')).rows.some(
    (row) => row.day === new Date().toISOString().slice(0, 10),
  );
  assert.equal(await page.locator('.line.all circle').count(), today ? 30 : 29);

  const steps = (await busy.get('/v1/stats?by=step&flow=return_item')).rows;
  const drop = page.locator('section', {
    has: page.getByRole('heading', { name: 'Where customers leave' }),
  });
  await drop.getByLabel('Flow').selectOption('return_item');
  await until(
    'its steps are drawn',
    async () => (await drop.locator('.stage').count()) === steps.length,
  );
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(pictures, 'console.png'), fullPage: true });
  await page.getByLabel('Days').selectOption('7');
  await until('a week is drawn', async () => (await page.locator('.line.all circle').count()) < 8);

  const small = await enter(busy, { ...phone, colorScheme: 'dark' });
  await small.locator('.tile').first().waitFor();
  await settled(small);
  const wide = await small.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide for a phone`);
  await small.screenshot({ path: join(pictures, 'console-phone.png') });
});

test('why a reply was given is drawn beside it', async () => {
  const page = await enter(busy, desktop, '#/conversations');
  await page.getByLabel('Flow').selectOption('order_status');
  await page.getByLabel('Ended').selectOption('resolved');
  await page.locator('.sessions a').first().waitFor();
  await until('they are all resolved', async () => {
    const badges = await page.locator('.sessions .badge').allInnerTexts();
    return badges.length > 0 && badges.every((badge) => badge === 'resolved');
  });
  const before = await page.locator('.sessions li').count();
  if (await page.getByRole('button', { name: 'Show more' }).isVisible()) {
    await page.getByRole('button', { name: 'Show more' }).click();
    await until(
      'there are more',
      async () => (await page.locator('.sessions li').count()) > before,
    );
  }
  await page.getByRole('searchbox').fill('where is');
  await page.keyboard.press('Enter');
  await page
    .getByRole('link', { name: /where is/i })
    .first()
    .click();
  await page.locator('.transcript').waitFor();
  await page.getByRole('button', { name: /^Why\? Turn 2$/ }).click();
  await page.getByRole('heading', { name: 'Why this reply, turn 2' }).waitFor();
  await page.locator('.steps').waitFor();
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(pictures, 'console-explain.png') });
});

test('the flows are drawn with the way that customers took', async () => {
  const page = await enter(busy, desktop, '#/flows');
  await page.locator('.flows').waitFor();
  await check(page, 'flows');
  await page.getByRole('link', { name: 'order_status', exact: true }).click();
  const drawing = page.getByRole('region', { name: 'Drawing of order_status' });
  await drawing.locator('svg').waitFor();
  const { rows } = await busy.get('/v1/stats?flow=order_status');
  assert.match(await drawing.locator('svg').innerHTML(), new RegExp(`>${rows[0].started}×<`));
  await check(page, 'a flow');
  // The style is the drawing's own: a page that forbids inline styles draws it all the same.
  const fill = await drawing
    .locator('svg .collect .box')
    .first()
    .evaluate((box) => getComputedStyle(box).fill);
  assert.notEqual(fill, 'rgb(0, 0, 0)');
  await drawing.locator('a', { hasText: 'verify_customer' }).first().click();
  await page.getByRole('heading', { name: 'verify_customer', level: 1 }).waitFor();

  await page.goto(`${busy.url}/console#/flows/return_item`);
  await page.getByRole('region', { name: 'Drawing of return_item' }).locator('svg').waitFor();
  await settled(page);
  await page.screenshot({ path: join(pictures, 'console-graph.png'), fullPage: true });
});
