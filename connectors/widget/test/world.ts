// A browser without a browser: a clock turned by hand, storages in maps, and the server's end of
// each socket in the test's hands.

import { Session, type Options, type Ports, type SocketEvents, type Store } from '../src/session';

type Frame = Record<string, unknown>;

export class Line {
  sent: Frame[] = [];
  closed = false;

  constructor(private events: SocketEvents) {}

  // What the client sent since the last call.
  take(type?: string): Frame[] {
    const all = this.sent;
    this.sent = [];
    return type ? all.filter((frame) => frame.type === type) : all;
  }

  open(): void {
    this.events.opened();
  }

  give(...frames: Frame[]): void {
    for (const frame of frames) this.events.received(JSON.stringify(frame));
  }

  give_raw(data: unknown): void {
    this.events.received(data);
  }

  break(code = 1006): void {
    this.closed = true;
    this.events.closed(code);
  }

  port() {
    return {
      send: (text: string) => void this.sent.push(JSON.parse(text) as Frame),
      close: () => {
        this.closed = true;
      },
    };
  }
}

function map_store(map: Map<string, string>): Store {
  return {
    get: (key) => map.get(key) ?? null,
    set: (key, value) => void map.set(key, value),
    remove: (key) => void map.delete(key),
  };
}

export class World {
  now = 1_000_000;
  chance = 0.5;
  lines: Line[] = [];
  local = new Map<string, string>();
  tab = new Map<string, string>();
  events: [string, unknown][] = [];
  claims_free = true;
  private timers: { at: number; call: () => void }[] = [];
  private ids = 0;

  ports(): Ports {
    return {
      now: () => this.now,
      random: () => this.chance,
      id: () => `id${String((this.ids += 1)).padStart(8, '0')}`,
      after: (ms, call) => {
        const timer = { at: this.now + ms, call };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((one) => one !== timer);
        };
      },
      connect: (events) => {
        const line = new Line(events);
        this.lines.push(line);
        return line.port();
      },
      claim: (_client, answer) => answer(this.claims_free),
      local: map_store(this.local),
      tab: map_store(this.tab),
    };
  }

  session(options: Partial<Options> = {}): Session {
    return new Session({ bot: 'shop', ...options }, this.ports(), {
      changed: () => undefined,
      event: (name, detail) => void this.events.push([name, detail]),
    });
  }

  get line(): Line {
    return this.lines[this.lines.length - 1] as Line;
  }

  // Lets time pass, calling what falls due in order.
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.now = Math.max(this.now, due.at);
      due.call();
    }
    this.now = end;
  }

  // The page is left and loaded again: what is in memory is gone.
  reload(): void {
    this.timers = [];
    this.line.closed = true;
  }

  // Opens the newest socket and welcomes it; returns the hello.
  welcome(more: Frame = {}): Frame {
    this.line.open();
    const hello = this.line.take('hello')[0] as Frame;
    const known = { conversation: 'c1', resumed: true, head_seq: 0, last_cseq: 0 };
    this.line.give({ type: 'welcome', token: hello.conversation ? undefined : 't1', ...known, ...more });
    return hello;
  }
}

export function reply(seq: number, more: Frame = {}): Frame {
  return { type: 'reply', seq, id: `r${seq}`, turn: `t${seq}`, ts: 1_000_000, text: `reply ${seq}`, format: 'markdown', from: { kind: 'bot' }, ...more };
}

export function echo(seq: number, id: unknown, text: string): Frame {
  return { type: 'echo', seq, id, ts: 1_000_000, text };
}

// "text/state" of own messages, "text" of replies.
export function said(session: Session): string[] {
  return session.timeline().map((item) => {
    if (item.kind === 'own') return `${item.text}/${item.state}`;
    return item.kind === 'reply' ? item.reply.text : item.handover.state;
  });
}
