// The real server on the sample shop, as an operator has it: started, killed, started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = process.env.USHER_BINARY || join(root, 'build/usher');
// The first start may train the bot's model.
const start_within_ms = 180_000;
const lines_kept = 60;

export class Server {
  url = '';
  // Whether a refused connection is to be expected now.
  is_down = true;
  // When it came up last; what a page said just before is heard a little later.
  up_since = 0;
  // What it did that nobody asked for.
  accident = '';
  // Whether it was ended on purpose, for good.
  is_stopped = false;
  #origins;
  #state = '';
  #process = null;
  #exit = null;
  #lines = [];

  // `origins` are those of other sites whose pages may talk to it.
  constructor(origins = []) {
    this.#origins = origins;
  }

  // Starts it, the first time on any free port and an empty state folder, later on the same ones.
  // Resolves when it says that it is ready.
  async start() {
    this.#state ||= await mkdtemp(join(tmpdir(), 'usher-browser-'));
    const config = join(this.#state, 'usher.yml');
    await writeFile(config, JSON.stringify({ allowed_origins: this.#origins }));
    const port = this.url ? new URL(this.url).port : '0';
    const options = ['serve', 'flows/shop', '--demo', '--config', config];
    options.push('--port', port, '--state', this.#state);
    const child = spawn(binary, options, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    this.#exit = once(child, 'exit');
    child.on('exit', (code, signal) => {
      if (!this.is_down) this.accident = `the server ended by itself: ${code ?? signal}`;
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.#note(line));
    const output = createInterface({ input: child.stdout });
    this.url = await new Promise((resolve, reject) => {
      const give_up = (why) => reject(new Error(`${binary} ${why}\n${this.output()}`));
      const timer = setTimeout(() => give_up('was not ready in time'), start_within_ms);
      child.on('error', (error) => give_up(`does not start: ${error.message}`));
      child.on('exit', (code, signal) => give_up(`ended: ${code ?? signal}`));
      output.on('line', (line) => {
        this.#note(line);
        const ready = /^ready: (http:\S+)/.exec(line);
        if (!ready) return;
        clearTimeout(timer);
        resolve(ready[1]);
      });
    });
    this.is_down = false;
    this.up_since = Date.now();
  }

  // As a power cut would have it: nobody is told.
  async kill() {
    this.is_down = true;
    this.#process.kill('SIGKILL');
    await this.#exit;
  }

  // As an operator would. Resolves to the exit code.
  async stop() {
    this.is_down = true;
    this.is_stopped = true;
    this.#process.kill('SIGTERM');
    const [code, signal] = await this.#exit;
    return code ?? signal;
  }

  async remove() {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.kill();
    if (this.#state) await rm(this.#state, { recursive: true, force: true });
  }

  // Fills the store with a month of conversations (history.cc); before it is started.
  async remember_a_month() {
    this.#state ||= await mkdtemp(join(tmpdir(), 'usher-browser-'));
    const history = process.env.USHER_HISTORY || join(root, 'build/browser_history');
    const child = spawn(history, ['flows/shop', this.#state], { cwd: root, stdio: 'inherit' });
    const [code, signal] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${history} ended: ${code ?? signal}`);
  }

  // A message over the REST channel.
  async say(sender, message) {
    const response = await fetch(this.#local('/webhooks/rest/webhook'), {
      method: 'POST',
      headers: { authorization: `Bearer ${await this.key('rest.token')}` },
      body: JSON.stringify({ sender, message }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  }

  // One of those in the state folder: operator.key, rest.token.
  async key(name) {
    return (await readFile(join(this.#state, 'keys', name), 'utf8')).trim();
  }

  async get(path) {
    return this.#ask(path);
  }

  // What it said last.
  output() {
    return this.#lines.join('\n');
  }

  // What is kept of a conversation: its events, and what they amount to.
  async events(conversation) {
    const kept = await this.#ask(`/v1/conversations/${conversation}/events?limit=1000`);
    return kept.events.map(({ event }) => event);
  }

  async conversation(id) {
    return this.#ask(`/v1/conversations/${id}`);
  }

  async #ask(path) {
    const key = await this.key('operator.key');
    const response = await fetch(this.#local(path), {
      headers: { authorization: `Bearer ${key}` },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  // Where localhost is ::1 first, Node 18 tries nothing else.
  #local(path) {
    const url = new URL(path, this.url);
    url.hostname = '127.0.0.1';
    return url;
  }

  #note(line) {
    this.#lines.push(line);
    if (this.#lines.length > lines_kept) this.#lines.shift();
  }
}
