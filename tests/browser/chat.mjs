// The widget on a page, through the eyes and hands of a customer.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Polls until `look` answers something true, and resolves to it.
export async function until(what, look, within_ms = 15_000) {
  const end = Date.now() + within_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${within_ms} ms until ${what}`);
    await sleep(25);
  }
}

const squeeze = (text) => text.replace(/\s+/g, ' ').trim();
const bare = (response) => response.replace(/^utter_/, '');

// How long a console's message may take to the test on a busy machine.
const heard_late_ms = 2000;

export class Chat {
  // What the browser's console complained about, and what the page threw.
  complaints = [];

  constructor(page, server) {
    this.page = page;
    this.server = server;
    this.input = page.locator('usher-chat #input');
    this.panel = page.locator('usher-chat .panel');
    this.banner = page.locator('usher-chat .banner');
    this.bubble = page.locator('usher-chat .bubble');
    page.on('pageerror', (error) => this.complaints.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      const text = message.text();
      // While there is no server, a browser says so by itself; nothing else is excused.
      const refused = /^WebSocket connection to 'ws:\/\/[^']*\/chat[^']*' failed: /.test(text);
      const was_down = server.is_down || Date.now() - server.up_since < heard_late_ms;
      if (!(refused && was_down)) this.complaints.push(`${text} (${message.location().url})`);
    });
  }

  static async visit(context, server, address) {
    const chat = new Chat(await context.newPage(), server);
    await chat.page.goto(address);
    await chat.page.locator('usher-chat').waitFor({ state: 'attached' });
    return chat;
  }

  // Opens it where it is closed, and waits for the greeting or for what was said before.
  async open() {
    if (!(await this.panel.isVisible())) await this.bubble.click();
    await this.input.waitFor();
    await until('something is said', async () => (await this.rows()).length > 0);
  }

  // The messages as they are shown: [{who: own or bot, text, state}].
  rows() {
    return this.page.evaluate(() => {
      const root = document.querySelector('usher-chat').shadowRoot;
      const shown = [...root.querySelectorAll('.log > .row:not([aria-hidden])')];
      const text_of = (row) => {
        const said = row.querySelector('.said').cloneNode(true);
        for (const hint of said.querySelectorAll('.sr')) hint.remove();
        for (const end of said.querySelectorAll('br, p, li')) end.append('\n');
        for (const line of said.querySelectorAll('br')) line.replaceWith('\n');
        return said.textContent.replace(/\s+/g, ' ').trim();
      };
      const state_of = (row) => ['pending', 'failed'].find((one) => row.classList.contains(one));
      return shown.map((row) => ({
        who: row.classList.contains('own') ? 'own' : 'bot',
        text: text_of(row),
        state: state_of(row) ?? 'sent',
      }));
    });
  }

  async texts() {
    return (await this.rows()).map(({ who, text }) => `${who}: ${text}`);
  }

  // The customer's own messages.
  async said() {
    return (await this.rows()).filter((row) => row.who === 'own').map((row) => row.text);
  }

  // What came after the last of them.
  async replies() {
    const rows = await this.rows();
    return rows.slice(rows.findLastIndex((row) => row.who === 'own') + 1).map((row) => row.text);
  }

  async type(text) {
    await this.shows_own(text, async () => {
      await this.input.fill(text);
      await this.input.press('Enter');
    });
  }

  // Does what makes the customer say `text`, and waits until it stands in the log: until then, the
  // answer before it would pass for the answer to it.
  async shows_own(text, saying) {
    const before = await this.said();
    await saying();
    await until(`"${text}" is shown`, async () => (await this.said()).length > before.length);
  }

  // Says it and expects these responses, by name and in this order, and nothing else.
  async say(text, ...responses) {
    await this.type(text);
    return this.answered(...responses);
  }

  // Presses what the bot offers: a button or a quick reply. It stands in the log as said.
  async press(title, ...responses) {
    await this.shows_own(title, () =>
      this.page.getByRole('button', { name: title, exact: true }).last().click(),
    );
    assert.equal((await this.said()).at(-1), title);
    return this.answered(...responses);
  }

  async answered(...responses) {
    const expected = responses.map(bare);
    await until(`the answer is ${expected}; it is ${(await this.texts()).slice(-4)}`, async () => {
      const rows = await this.rows();
      const is_sent = rows.every((row) => row.state === 'sent');
      return is_sent && (await this.replies()).length >= expected.length;
    });
    const kept = await this.kept();
    const last = kept.findLastIndex((event) => event.type === 'uttered');
    const said = kept.slice(last + 1).filter((event) => event.type === 'replied');
    assert.deepEqual(said.map((event) => bare(event.public.response)), expected);
    const replies = await this.replies();
    assert.deepEqual(replies, said.map((event) => squeeze(event.personal.text)));
    return replies;
  }

  id() {
    return this.page.evaluate(() => {
      const key = Object.keys(localStorage).find((name) => name.startsWith('usher:'));
      return JSON.parse(localStorage.getItem(key)).conversation;
    });
  }

  // The kept events that a customer can see.
  async kept() {
    return (await this.server.events(await this.id())).filter((event) => event.seq > 0);
  }

  async slots() {
    return (await this.server.conversation(await this.id())).slots;
  }

  // What is shown is what is kept: nothing lost, nothing twice, in order.
  async agrees() {
    const kept = await this.kept();
    assert.deepEqual(kept.map((event) => event.seq), kept.map((_, index) => index + 1));
    const ids = kept.filter((event) => event.type === 'uttered').map((one) => one.public.message_id);
    assert.equal(new Set(ids).size, ids.length, 'a message is kept twice');
    const said = kept.filter((event) => ['uttered', 'replied'].includes(event.type));
    const lines = said.map(({ type, personal }) => {
      return `${type === 'uttered' ? 'own' : 'bot'}: ${squeeze(personal.text)}`;
    });
    await until('the page shows as much as is kept', async () => {
      return (await this.rows()).length >= lines.length;
    });
    assert.deepEqual(await this.texts(), lines);
    return lines;
  }

  // What has the focus: the id or the first class of the node, inside the widget.
  focused() {
    return this.page.evaluate(() => {
      const node = document.querySelector('usher-chat').shadowRoot.activeElement;
      return node ? node.id || node.classList[0] || node.localName : '';
    });
  }

  // Every violation that axe finds on the whole page, the widget's inside included.
  async accessibility() {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      const { violations, passes } = await window.axe.run(document);
      const where = (rule) => rule.nodes.map((node) => node.target.flat().join(' '));
      const seen = passes.some((rule) => where(rule).some((target) => target.includes('usher-chat')));
      return { seen, broken: violations.map((rule) => `${rule.id}: ${where(rule).join(', ')}`) };
    });
    assert.ok(found.seen, 'axe did not look into the widget');
    assert.deepEqual(found.broken, []);
  }
}
