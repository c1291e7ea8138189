// One tab's side of usher.v1, without a browser: what goes out, what came in, when to try again.
//
// Everything outside is a port, so tests turn the clock by hand. The promises kept here:
// a message once sent by send() is delivered exactly once or reported as failed, over reloads and
// lost sockets; what is shown is ordered by `seq` and nothing is shown twice.

import {
  parse_frame,
  text_max,
  type Ack,
  type Attachment,
  type Body,
  type Delta,
  type Echo,
  type Handover,
  type Nack,
  type Reply,
  type ServerError,
  type ServerFrame,
  type Welcome,
} from './protocol';

export interface Store {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  opened(): void;
  received(data: unknown): void;
  closed(code: number): void;
}

export interface Ports {
  now(): number;
  random(): number;
  // A fresh id of 8 to 64 characters of [A-Za-z0-9_-].
  id(): string;
  // Calls once after `ms`; returns what cancels it.
  after(ms: number, call: () => void): () => void;
  connect(events: SocketEvents): Socket;
  // Answers whether no other living page uses this client id (a duplicated tab has a copy of it).
  claim(client: string, answer: (free: boolean) => void): void;
  local: Store;
  tab: Store;
}

export interface Options {
  bot: string;
  locale?: string;
  user?: string;
}

// idle: never started. offline: will try again. replaced: another page of this client has taken
// over. stopped: the server does not want us; nothing more will happen.
export type Status = 'idle' | 'connecting' | 'online' | 'offline' | 'replaced' | 'stopped';

export interface Own {
  kind: 'own';
  key: string;
  seq: number;
  ts: number;
  text: string;
  attachment?: Attachment;
  state: 'pending' | 'sent' | 'failed';
  reason?: string;
}
export interface Said {
  kind: 'reply';
  key: string;
  seq: number;
  ts: number;
  reply: Reply;
}
export interface Notice {
  kind: 'notice';
  key: string;
  seq: number;
  ts: number;
  handover: Handover;
}
export type Item = Own | Said | Notice;

export interface Listener {
  // Something that can be seen is different now.
  changed(): void;
  // status {status}, welcome {conversation, language}, message {id, text}, sent {id, seq},
  // failed {id, reason}, reply {the frame}, handover {the frame}.
  event(name: string, detail: unknown): void;
}

interface Entry extends Body {
  id: string;
  cseq: number;
  ts: number;
  failed?: string;
  // Sent on the present socket.
  flying?: boolean;
}

interface Kept {
  client: string;
  epoch: number;
  last_cseq: number;
  outbox: Entry[];
}

interface Stream {
  text: string;
  // The part that fits next; -1: any. Parts can be dropped on the way, then the text waits.
  next: number;
}

const backoff_first_ms = 500;
const backoff_max_ms = 30_000;
const healthy_after_ms = 60_000;
const ping_every_ms = 25_000;
const dead_after_ms = 60_000;
const welcome_within_ms = 15_000;
const replay_within_ms = 5_000;
const ack_within_ms = 20_000;
const probe_within_ms = 5_000;
const too_many_wait_ms = 10_000;
const typing_every_ms = 3_000;
const typing_shown_ms = 30_000;
const window = 8;
const outbox_max = 100;

export class Session {
  status: Status = 'idle';
  typing = false;
  // Everything said before the last connection is here.
  caught_up = false;
  language = '';
  conversation = '';
  token = '';
  seen = 0;

  private client_ = '';
  private epoch_ = 0;
  private last_cseq_ = 0;
  private outbox_: Entry[] = [];
  private items_: Item[] = [];
  private seqs_ = new Set<number>();
  private contiguous_ = 0;
  private head_ = 0;
  private streams_ = new Map<string, Stream>();

  private socket_: Socket | null = null;
  private generation_ = 0;
  private welcomed_ = false;
  private hello_seq_ = 0;
  private attempt_ = 0;
  private not_before_ = 0;
  private refusals_ = 0;
  private stale_ = 0;
  private seen_sent_ = 0;
  private nacked_ = 0;
  private pauses_ = 0;
  private held_ = false;
  private last_frame_ = 0;
  private unanswered_ = false;
  private typed_ = -typing_every_ms;
  private timers_ = new Map<string, () => void>();
  private key_: string;

  constructor(
    private options_: Options,
    private ports_: Ports,
    private listener_: Listener,
  ) {
    this.key_ = `usher:${options_.bot}`;
    this.read_local_();
  }

  // Whether this browser has talked to the bot before.
  get known(): boolean {
    return this.conversation !== '';
  }

  // Comes alive: says hello, and keeps a connection from now on.
  start(): void {
    if (this.status !== 'idle') return;
    this.set_status_('connecting');
    const kept = this.read_tab_();
    const begin = (adopt: boolean) => {
      if (adopt && kept) this.adopt_(kept);
      else this.become_(this.ports_.id());
      this.connect_();
    };
    if (kept) this.ports_.claim(kept.client, begin);
    else begin(false);
  }

  // Takes a message and returns its id. It is in the timeline at once, as pending.
  send(body: Body): string {
    const entry: Entry = { ...body, id: this.ports_.id(), cseq: 0, ts: this.ports_.now() };
    if (this.status === 'idle') this.start();
    if (this.status === 'replaced') this.continue_here_();
    const waiting = this.pending_();
    if ((body.text?.length ?? 0) > text_max) entry.failed = 'too_long';
    if (this.status === 'stopped') entry.failed = 'stopped';
    if (waiting.length >= outbox_max) entry.failed = 'busy';
    entry.cseq = this.next_cseq_();
    this.outbox_.push(entry);
    this.keep_tab_();
    this.listener_.event('message', { id: entry.id, text: entry.text ?? '' });
    if (entry.failed) this.listener_.event('failed', { id: entry.id, reason: entry.failed });
    this.flush_();
    this.listener_.changed();
    return entry.id;
  }

  // Sends a failed message again, as a new one at the end.
  retry(id: string): void {
    const entry = this.outbox_.find((one) => one.id === id && one.failed);
    if (!entry) return;
    this.outbox_ = this.outbox_.filter((one) => one !== entry);
    const { text, payload, attachment } = entry;
    this.send({ text, payload, attachment });
  }

  // The customer is writing.
  type(): void {
    const now = this.ports_.now();
    if (now - this.typed_ < typing_every_ms) return;
    this.typed_ = now;
    this.transmit_({ type: 'typing' });
  }

  // `rating` is 1 to 5. Not kept: a rating that meets no connection is lost.
  feedback(seq: number, rating: number, comment?: string): void {
    this.transmit_({ type: 'feedback', id: this.ports_.id(), seq, rating, comment });
  }

  // The customer has everything before their eyes.
  mark_seen(): void {
    const last = this.items_[this.items_.length - 1]?.seq ?? 0;
    if (last > this.seen) {
      this.seen = last;
      this.keep_local_();
      this.listener_.changed();
    }
    if (this.seen > this.seen_sent_ && this.caught_up && this.status === 'online') {
      this.seen_sent_ = this.seen;
      this.transmit_({ type: 'seen', seq: this.seen });
    }
  }

  // Replies that the customer has not seen.
  unread(): number {
    let count = 0;
    for (let at = this.items_.length - 1; at >= 0; at -= 1) {
      const item = this.items_[at] as Item;
      if (item.seq <= this.seen) break;
      if (item.kind === 'reply') count += 1;
    }
    return count;
  }

  // The network is said to be back, or the page to be looked at again.
  wake(): void {
    if (this.status === 'offline' && this.ports_.now() >= this.not_before_) this.connect_();
    else if (this.status === 'online') this.probe_();
  }

  // What is shown, in order: what has a seq, then what waits or failed.
  timeline(): Item[] {
    const waiting = this.outbox_.map(
      (entry): Own => ({
        kind: 'own',
        key: entry.id,
        seq: 0,
        ts: entry.ts,
        text: entry.text ?? entry.payload ?? '',
        attachment: entry.attachment,
        state: entry.failed ? 'failed' : 'pending',
        reason: entry.failed,
      }),
    );
    return [...this.items_, ...waiting];
  }

  // Replies while they are generated: [turn, text so far].
  streams(): [string, string][] {
    return [...this.streams_].map(([turn, stream]) => [turn, stream.text]);
  }

  // Ends everything; for a page that takes the widget away.
  stop(): void {
    this.drop_socket_();
    this.set_status_('stopped');
  }

  // --- the connection

  private connect_(): void {
    this.drop_socket_();
    this.epoch_ += 1;
    this.keep_tab_();
    this.set_status_('connecting');
    const generation = this.generation_;
    const current = (call: () => void) => {
      if (generation === this.generation_) call();
    };
    this.timer_('welcome', welcome_within_ms, () => this.lost_(0));
    try {
      this.socket_ = this.ports_.connect({
        opened: () => current(() => this.hello_()),
        received: (data) => current(() => this.received_(data)),
        closed: (code) => current(() => this.lost_(code)),
      });
    } catch {
      this.lost_(0);
    }
  }

  private hello_(): void {
    this.hello_seq_ = this.contiguous_;
    const { locale, user } = this.options_;
    this.transmit_({
      type: 'hello',
      client: this.client_,
      epoch: this.epoch_,
      conversation: this.conversation || undefined,
      token: this.token || undefined,
      last_seq: this.contiguous_,
      last_cseq: this.last_cseq_,
      locale,
      user,
    });
  }

  private drop_socket_(): void {
    this.generation_ += 1;
    for (const cancel of this.timers_.values()) cancel();
    this.timers_.clear();
    this.socket_?.close();
    this.socket_ = null;
    this.welcomed_ = false;
    this.unanswered_ = false;
    this.typing = false;
    this.streams_.clear();
    this.nacked_ = 0;
    for (const entry of this.outbox_) entry.flying = false;
  }

  private lost_(code: number): void {
    const welcomed = this.welcomed_;
    const flying = this.pending_().filter((entry) => entry.flying);
    this.drop_socket_();
    switch (code) {
      case 4400:
      case 4403:
        return this.give_up_(code);
      case 4401:
        return this.begin_anew_();
      case 4409:
        return this.superseded_(welcomed);
      case 4413:
        this.fail_longest_(flying);
        return this.retry_connection_(0);
      case 4429:
        return this.retry_connection_(too_many_wait_ms);
      default:
        return this.retry_connection_(this.not_before_ - this.ports_.now());
    }
  }

  private retry_connection_(at_least_ms: number): void {
    const ceiling = Math.min(backoff_max_ms, backoff_first_ms * 2 ** this.attempt_);
    this.attempt_ = Math.min(this.attempt_ + 1, 10);
    const wait = Math.max(0, at_least_ms) + this.ports_.random() * ceiling;
    if (at_least_ms > 0) this.not_before_ = this.ports_.now() + at_least_ms;
    this.set_status_('offline');
    this.timer_('retry', wait, () => this.connect_());
  }

  private give_up_(code: number): void {
    for (const entry of this.pending_()) this.set_failed_(entry, 'stopped');
    this.keep_tab_();
    this.set_status_('stopped');
    console.error(`usher: the server closed the chat with ${code}`);
  }

  // Our token is worth nothing: another conversation, with what still waits.
  private begin_anew_(): void {
    this.refusals_ += 1;
    if (this.refusals_ > 2) return this.give_up_(4401);
    this.forget_conversation_();
    this.ports_.local.remove(this.key_);
    this.become_(this.ports_.id());
    this.connect_();
  }

  // Before the welcome our stored epoch was stale (a tab brought back by the browser): nobody else
  // holds our claim, so we go on under another name. Later, somebody has taken over: no fight.
  private superseded_(welcomed: boolean): void {
    if (!welcomed && this.stale_ < 1) {
      this.stale_ += 1;
      // The echoes of a full replay tell which of the waiting messages had arrived.
      this.held_ = this.pending_().length > 0;
      if (this.held_) this.forget_items_();
      this.become_(this.ports_.id());
      return this.connect_();
    }
    for (const entry of this.pending_()) this.set_failed_(entry, 'replaced');
    this.set_status_('replaced');
  }

  private continue_here_(): void {
    this.become_(this.ports_.id());
    this.connect_();
  }

  private probe_(): void {
    const asked = this.ports_.now();
    this.ping_();
    this.timer_('probe', probe_within_ms, () => {
      if (this.last_frame_ < asked) this.lost_(0);
    });
  }

  private ping_(): void {
    this.unanswered_ = true;
    this.transmit_({ type: 'ping' });
  }

  // A throttled page may wake late: only silence after a ping of ours is a dead socket.
  private beat_(): void {
    const silent = this.ports_.now() - this.last_frame_;
    if (this.unanswered_ && silent >= dead_after_ms) return this.lost_(0);
    if (silent >= ping_every_ms || !this.unanswered_) this.ping_();
    const until_dead = Math.max(dead_after_ms - silent, 1_000);
    this.timer_('beat', Math.min(ping_every_ms, until_dead), () => this.beat_());
  }

  private transmit_(frame: object): void {
    try {
      this.socket_?.send(JSON.stringify(frame));
    } catch {
      // Closing already; closed() follows and everything unacknowledged is sent again.
    }
  }

  private timer_(name: string, ms: number, call: () => void): void {
    this.timers_.get(name)?.();
    this.timers_.set(
      name,
      this.ports_.after(ms, () => {
        this.timers_.delete(name);
        call();
      }),
    );
  }

  private cancel_(name: string): void {
    this.timers_.get(name)?.();
    this.timers_.delete(name);
  }

  private set_status_(status: Status): void {
    if (this.status === status) return;
    this.status = status;
    this.listener_.event('status', { status });
    this.listener_.changed();
  }

  // --- what comes in

  private received_(data: unknown): void {
    this.last_frame_ = this.ports_.now();
    this.unanswered_ = false;
    const frame = parse_frame(data);
    if (!frame) return;
    if (frame.type === 'welcome') this.on_welcome_(frame);
    else this.on_frame_(frame);
    this.listener_.changed();
  }

  private on_frame_(frame: Exclude<ServerFrame, Welcome>): void {
    switch (frame.type) {
      case 'ack':
        return this.on_ack_(frame);
      case 'nack':
        return this.on_nack_(frame);
      case 'echo':
        return this.on_echo_(frame);
      case 'reply':
        return this.on_reply_(frame);
      case 'handover':
        return this.on_handover_(frame);
      case 'delta':
        return this.on_delta_(frame);
      case 'partial':
        this.streams_.set(frame.turn, { text: frame.text, next: -1 });
        return;
      case 'typing':
        return this.on_typing_(frame.on);
      case 'error':
        return this.on_error_(frame);
      case 'unknown':
        return this.note_seq_(frame.seq);
    }
  }

  private on_welcome_(frame: Welcome): void {
    const other = this.conversation !== '' && this.conversation !== frame.conversation;
    if (other) this.forget_conversation_();
    this.conversation = frame.conversation;
    if (frame.token) this.token = frame.token;
    this.keep_local_();
    if (other && this.hello_seq_ > 0) return this.connect_();

    this.welcomed_ = true;
    this.refusals_ = 0;
    this.head_ = frame.head_seq;
    this.caught_up = false;
    this.seen_sent_ = 0;
    this.language = frame.language ?? '';
    this.cancel_('welcome');
    this.timer_('health', healthy_after_ms, () => (this.attempt_ = 0));
    this.timer_('beat', ping_every_ms, () => this.beat_());
    this.timer_('replay', replay_within_ms, () => this.finish_replay_());
    this.accept_count_(frame.last_cseq);
    this.set_status_('online');
    this.listener_.event('welcome', { conversation: frame.conversation, language: this.language });
    this.check_replay_();
    this.flush_();
  }

  // The server has our messages up to `last`: their echoes are on the way. The rest goes out again.
  private accept_count_(last: number): void {
    this.last_cseq_ = last;
    const waiting = this.pending_();
    const first_missing = waiting.findIndex((entry) => entry.cseq > last);
    const durable = first_missing < 0 ? waiting : waiting.slice(0, first_missing);
    for (const entry of durable) entry.flying = true;
    if (first_missing >= 0) this.renumber_(waiting.slice(first_missing), last + 1);
    this.keep_tab_();
  }

  private check_replay_(): void {
    if (!this.caught_up && this.contiguous_ >= this.head_) this.finish_replay_();
  }

  private finish_replay_(): void {
    this.cancel_('replay');
    this.caught_up = true;
    this.held_ = false;
    // Counted by the server, yet without an echo: the same id brings the same ack.
    for (const entry of this.pending_()) {
      if (entry.cseq <= this.last_cseq_) entry.flying = false;
    }
    this.flush_();
    this.listener_.changed();
  }

  private on_ack_(frame: Ack): void {
    this.nacked_ = 0;
    this.pauses_ = 0;
    const entry = this.outbox_.find((one) => one.id === frame.id);
    if (entry) {
      this.settle_(entry);
      this.show_own_(frame.seq, entry.id, entry.ts, entry.text ?? entry.payload ?? '', entry);
      this.listener_.event('sent', { id: frame.id, seq: frame.seq });
    } else {
      this.note_seq_(frame.seq);
    }
    this.watch_acks_();
    this.flush_();
  }

  private on_nack_(frame: Nack): void {
    if (frame.expected === this.nacked_) return;
    this.nacked_ = frame.expected;
    const waiting = this.pending_();
    const refused = waiting.findIndex((one) => one.id === frame.id && one.cseq < frame.expected);
    const from =
      refused >= 0 ? refused : waiting.findIndex((one) => one.cseq >= frame.expected);
    if (from >= 0) this.renumber_(waiting.slice(from), frame.expected);
    this.keep_tab_();
    this.flush_();
  }

  private on_echo_(frame: Echo): void {
    const entry = this.outbox_.find((one) => one.id === frame.id);
    if (entry) {
      this.settle_(entry);
      this.listener_.event('sent', { id: frame.id, seq: frame.seq });
    }
    this.show_own_(frame.seq, frame.id, frame.ts, frame.text, frame);
  }

  private show_own_(seq: number, id: string, ts: number, text: string, body: Body): void {
    const key = id || `s${seq}`;
    const at = ts || this.ports_.now();
    this.insert_({
      kind: 'own',
      key,
      seq,
      ts: at,
      text,
      attachment: body.attachment,
      state: 'sent',
    });
  }

  private on_reply_(frame: Reply): void {
    this.streams_.delete(frame.turn);
    this.typing = false;
    const ts = frame.ts || this.ports_.now();
    const live = this.caught_up;
    const fresh = has_content(frame)
      ? this.insert_({ kind: 'reply', key: `s${frame.seq}`, seq: frame.seq, ts, reply: frame })
      : !this.seqs_.has(frame.seq);
    this.note_seq_(frame.seq);
    if (fresh && live) this.listener_.event('reply', frame);
  }

  private on_handover_(frame: Handover): void {
    const ts = frame.ts || this.ports_.now();
    const live = this.caught_up;
    const key = `s${frame.seq}`;
    const fresh = this.insert_({ kind: 'notice', key, seq: frame.seq, ts, handover: frame });
    if (fresh && live) this.listener_.event('handover', frame);
  }

  private on_delta_(frame: Delta): void {
    const stream = this.streams_.get(frame.turn) ?? { text: '', next: frame.n <= 1 ? frame.n : -2 };
    if (stream.next === -1 || stream.next === frame.n) {
      stream.text += frame.text;
      stream.next = frame.n + 1;
    }
    this.streams_.set(frame.turn, stream);
  }

  private on_typing_(on: boolean): void {
    this.typing = on;
    this.cancel_('typing');
    if (!on) return;
    this.timer_('typing', typing_shown_ms, () => {
      this.typing = false;
      this.listener_.changed();
    });
  }

  private on_error_(frame: ServerError): void {
    if (frame.code === 'going_away') {
      this.not_before_ = this.ports_.now() + (frame.retry_after_ms ?? 0);
      return;
    }
    const entry = frame.id === undefined ? undefined : this.pending_().find((one) => one.id === frame.id);
    const passing = ['busy', 'too_fast', 'unavailable'].includes(frame.code);
    if (entry && passing) this.pause_(entry, frame.retry_after_ms);
    else if (entry) this.fail_(entry, frame.code);
  }

  private note_seq_(seq: number): void {
    this.seqs_.add(seq);
    while (this.seqs_.has(this.contiguous_ + 1)) this.contiguous_ += 1;
    if (this.welcomed_) this.check_replay_();
  }

  // False when that place is taken: it was seen before.
  private insert_(item: Item): boolean {
    if (this.seqs_.has(item.seq)) return this.note_seq_(item.seq), false;
    let at = this.items_.length;
    while (at > 0 && (this.items_[at - 1] as Item).seq > item.seq) at -= 1;
    this.items_.splice(at, 0, item);
    this.note_seq_(item.seq);
    return true;
  }

  // --- what goes out

  private pending_(): Entry[] {
    return this.outbox_.filter((entry) => !entry.failed);
  }

  private next_cseq_(): number {
    const waiting = this.pending_();
    return Math.max(this.last_cseq_, waiting[waiting.length - 1]?.cseq ?? 0) + 1;
  }

  private renumber_(entries: Entry[], from: number): void {
    entries.forEach((entry, index) => {
      entry.cseq = from + index;
      entry.flying = false;
    });
  }

  private flush_(): void {
    if (this.status !== 'online' || this.held_ || this.timers_.has('pause')) return;
    let flying = 0;
    for (const entry of this.pending_()) {
      flying += 1;
      if (flying > window) break;
      if (entry.flying) continue;
      entry.flying = true;
      this.transmit_(message_frame(entry));
      if (!this.timers_.has('acks')) this.watch_acks_();
    }
  }

  private watch_acks_(): void {
    this.cancel_('acks');
    if (this.pending_().length === 0) return;
    this.timer_('acks', ack_within_ms, () => {
      this.nacked_ = 0;
      for (const entry of this.pending_()) entry.flying = false;
      this.flush_();
    });
  }

  // The server cannot take it now: it, and what follows it, a little later.
  private pause_(entry: Entry, wait_ms: number | undefined): void {
    const own_wait = Math.min(backoff_max_ms, 1_000 * 2 ** this.pauses_);
    this.pauses_ = Math.min(this.pauses_ + 1, 5);
    const waiting = this.pending_();
    for (const one of waiting.slice(waiting.indexOf(entry))) one.flying = false;
    this.timer_('pause', wait_ms ?? own_wait, () => this.flush_());
  }

  // The server will never take it. Its number goes to the next one.
  private fail_(entry: Entry, reason: string): void {
    const waiting = this.pending_();
    const following = waiting.slice(waiting.indexOf(entry) + 1);
    this.set_failed_(entry, reason);
    this.renumber_(following, entry.cseq);
    this.keep_tab_();
    this.flush_();
  }

  private set_failed_(entry: Entry, reason: string): void {
    entry.failed = reason;
    entry.flying = false;
    this.listener_.event('failed', { id: entry.id, reason });
  }

  private fail_longest_(entries: Entry[]): void {
    const length = (entry: Entry) => JSON.stringify(entry).length;
    const longest = entries.sort((a, b) => length(b) - length(a))[0];
    if (longest) this.fail_(longest, 'too_long');
  }

  private settle_(entry: Entry): void {
    if (!entry.failed) this.last_cseq_ = Math.max(this.last_cseq_, entry.cseq);
    this.outbox_ = this.outbox_.filter((one) => one !== entry);
    this.keep_tab_();
  }

  // --- who we are, and what is kept

  private become_(client: string): void {
    this.client_ = client;
    this.epoch_ = 0;
    this.last_cseq_ = 0;
    this.renumber_(this.pending_(), 1);
    this.ports_.claim(client, () => undefined);
    this.keep_tab_();
  }

  private adopt_(kept: Kept): void {
    const typed_meanwhile = this.outbox_;
    this.client_ = kept.client;
    this.epoch_ = kept.epoch;
    this.last_cseq_ = kept.last_cseq;
    this.outbox_ = kept.outbox;
    const from = this.next_cseq_();
    this.renumber_(typed_meanwhile, from);
    this.outbox_ = [...kept.outbox, ...typed_meanwhile];
    this.listener_.changed();
  }

  private forget_conversation_(): void {
    this.conversation = '';
    this.token = '';
    this.seen = 0;
    this.forget_items_();
  }

  private forget_items_(): void {
    this.items_ = [];
    this.seqs_.clear();
    this.contiguous_ = 0;
    this.head_ = 0;
  }

  private read_local_(): void {
    const kept = read(this.ports_.local, this.key_);
    if (typeof kept?.conversation !== 'string') return;
    this.conversation = kept.conversation;
    this.token = typeof kept.token === 'string' ? kept.token : '';
    this.seen = typeof kept.seen === 'number' ? kept.seen : 0;
  }

  private keep_local_(): void {
    if (!this.conversation) return;
    const { conversation, token, seen } = this;
    this.ports_.local.set(this.key_, JSON.stringify({ conversation, token, seen }));
  }

  private read_tab_(): Kept | null {
    const kept = read(this.ports_.tab, this.key_);
    if (typeof kept?.client !== 'string' || !/^[\w-]{8,64}$/.test(kept.client)) return null;
    const number = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : 0);
    const outbox = Array.isArray(kept.outbox) ? kept.outbox.filter(is_entry) : [];
    for (const entry of outbox) entry.flying = false;
    return {
      client: kept.client,
      epoch: number(kept.epoch),
      last_cseq: number(kept.last_cseq),
      outbox,
    };
  }

  private keep_tab_(): void {
    // Before the claim is answered, what is stored may be another tab's.
    if (!this.client_) return;
    const kept: Kept = {
      client: this.client_,
      epoch: this.epoch_,
      last_cseq: this.last_cseq_,
      outbox: this.outbox_,
    };
    this.ports_.tab.set(this.key_, JSON.stringify(kept));
  }
}

// A reply may be for the page's own code alone (`custom`), or of a kind that only a later version
// can show.
function has_content(reply: Reply): boolean {
  const { text, image, upload, buttons, quick_replies } = reply;
  return Boolean(text || image || upload || buttons.length + quick_replies.length);
}

function message_frame({ id, cseq, text, payload, attachment }: Entry): object {
  const body = attachment
    ? { attachment: { upload: attachment.upload } }
    : payload === undefined
      ? { text }
      : { payload, text };
  return { type: 'message', id, cseq, ...body };
}

function read(store: Store, key: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(store.get(key) ?? 'null');
    return typeof value === 'object' ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function is_entry(value: unknown): value is Entry {
  const entry = value as Entry | null;
  return (
    typeof entry?.id === 'string' &&
    typeof entry.cseq === 'number' &&
    typeof entry.ts === 'number' &&
    [entry.text, entry.payload, entry.attachment?.upload].some((part) => typeof part === 'string')
  );
}
