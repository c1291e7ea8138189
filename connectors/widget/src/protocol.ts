// usher.v1 on the wire: the frames and how the server's are read. See docs/protocol.md.
//
// Nothing of what the server sends is trusted to have the promised shape: parse_frame() returns
// null for what it cannot use, and drops optional parts that are malformed.

export interface Attachment {
  upload: string;
  name?: string;
  size?: number;
  media_type?: string;
}

export interface Button {
  title: string;
  payload?: string;
  url?: string;
}

export interface UploadWish {
  accept: string[];
  max_bytes: number;
}

export interface Author {
  kind: 'bot' | 'person';
  name?: string;
}

export type HandoverState = 'requested' | 'accepted' | 'released' | 'timed_out';

export interface Welcome {
  type: 'welcome';
  conversation: string;
  token?: string;
  resumed: boolean;
  head_seq: number;
  last_cseq: number;
  language?: string;
  user?: { name?: string };
}
export interface Ack {
  type: 'ack';
  id: string;
  seq: number;
}
export interface Nack {
  type: 'nack';
  id: string;
  expected: number;
}
export interface Echo {
  type: 'echo';
  seq: number;
  id: string;
  ts: number;
  text: string;
  attachment?: Attachment;
}
export interface Reply {
  type: 'reply';
  seq: number;
  id: string;
  turn: string;
  ts: number;
  from: Author;
  text: string;
  format: 'markdown' | 'plain';
  buttons: Button[];
  quick_replies: Button[];
  image?: { url: string; alt: string };
  upload?: UploadWish;
  custom?: unknown;
}
export interface Delta {
  type: 'delta';
  turn: string;
  n: number;
  text: string;
}
export interface Partial {
  type: 'partial';
  turn: string;
  text: string;
}
export interface Typing {
  type: 'typing';
  on: boolean;
}
export interface Handover {
  type: 'handover';
  seq: number;
  ts: number;
  state: HandoverState;
  by?: string;
}
export interface Pong {
  type: 'pong';
}
export interface ServerError {
  type: 'error';
  code: string;
  message: string;
  id?: string;
  retry_after_ms?: number;
}
// A frame of a later version of the protocol that takes a place in the order.
export interface Unknown {
  type: 'unknown';
  seq: number;
}

export type ServerFrame =
  | Welcome
  | Ack
  | Nack
  | Echo
  | Reply
  | Delta
  | Partial
  | Typing
  | Handover
  | Pong
  | ServerError
  | Unknown;

// What a message carries: exactly one of text alone, payload (text is then its title), attachment.
export interface Body {
  text?: string;
  payload?: string;
  attachment?: Attachment;
}

export const text_max = 4000;

type Json = Record<string, unknown>;

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

// Milliseconds since 1970 from milliseconds, seconds or ISO 8601; 0 when it is none of them.
export function time(value: unknown): number {
  if (typeof value === 'string') return Date.parse(value) || 0;
  if (typeof value !== 'number' || !Number.isFinite(value)) return 0;
  return value < 1e11 ? value * 1000 : value;
}

function list<T>(value: unknown, read: (item: Json) => T | undefined): T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 50).flatMap((item) => {
    const known = object(item);
    const made = known && read(known);
    return made ? [made] : [];
  });
}

function button(from: Json): Button | undefined {
  const title = text(from.title);
  const payload = text(from.payload);
  const url = text(from.url);
  if (!title || (payload === undefined && url === undefined)) return undefined;
  return { title, payload, url };
}

function attachment(value: unknown): Attachment | undefined {
  const from = object(value);
  const upload = text(from?.upload);
  if (!from || !upload) return undefined;
  return {
    upload,
    name: text(from.name),
    size: count(from.size),
    media_type: text(from.media_type),
  };
}

function upload_wish(value: unknown): UploadWish | undefined {
  const from = object(value);
  if (!from) return undefined;
  const accept = Array.isArray(from.accept)
    ? from.accept.filter((item): item is string => typeof item === 'string')
    : [];
  return { accept, max_bytes: count(from.max_bytes) ?? Infinity };
}

function image(value: unknown): Reply['image'] {
  const from = object(value);
  const url = text(from?.url);
  return url ? { url, alt: text(from?.alt) ?? '' } : undefined;
}

function turn(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : text(value);
}

function welcome(from: Json): Welcome | null {
  const conversation = text(from.conversation);
  if (!conversation) return null;
  return {
    type: 'welcome',
    conversation,
    token: text(from.token),
    resumed: from.resumed === true,
    head_seq: count(from.head_seq) ?? 0,
    last_cseq: count(from.last_cseq) ?? 0,
    language: text(from.language),
    user: object(from.user) && { name: text(object(from.user)?.name) },
  };
}

function reply(from: Json, seq: number): Reply {
  const author = object(from.from);
  return {
    type: 'reply',
    seq,
    id: text(from.id) ?? '',
    turn: turn(from.turn) ?? '',
    ts: time(from.ts),
    from: { kind: author?.kind === 'person' ? 'person' : 'bot', name: text(author?.name) },
    text: text(from.text) ?? '',
    format: from.format === 'markdown' ? 'markdown' : 'plain',
    buttons: list(from.buttons, button),
    quick_replies: list(from.quick_replies, button),
    image: image(from.image),
    upload: upload_wish(from.upload),
    custom: from.custom,
  };
}

const handover_states = ['requested', 'accepted', 'released', 'timed_out'];

// Frames that have a place in the order; null when `from` is not one that we can show.
function in_sequence(from: Json, seq: number): ServerFrame | null {
  const id = text(from.id);
  switch (from.type) {
    case 'ack':
      return id ? { type: 'ack', id, seq } : null;
    case 'echo':
      return {
        type: 'echo',
        seq,
        id: id ?? '',
        ts: time(from.ts),
        text: text(from.text) ?? '',
        attachment: attachment(from.attachment),
      };
    case 'reply':
      return reply(from, seq);
    case 'handover':
      if (!handover_states.includes(from.state as string)) return { type: 'unknown', seq };
      return {
        type: 'handover',
        seq,
        ts: time(from.ts),
        state: from.state as HandoverState,
        by: text(from.by) ?? text(object(from.by)?.name),
      };
    default:
      return { type: 'unknown', seq };
  }
}

// The frame in a text message of the server, or null when it is none that we can use.
export function parse_frame(data: unknown): ServerFrame | null {
  let from: Json | undefined;
  try {
    from = object(JSON.parse(data as string));
  } catch {
    return null;
  }
  if (!from) return null;
  switch (from.type) {
    case 'welcome':
      return welcome(from);
    case 'nack': {
      const expected = count(from.expected);
      return expected ? { type: 'nack', id: text(from.id) ?? '', expected } : null;
    }
    case 'delta': {
      const of = turn(from.turn);
      const n = count(from.n);
      if (of === undefined || n === undefined) return null;
      return { type: 'delta', turn: of, n, text: text(from.text) ?? '' };
    }
    case 'partial': {
      const of = turn(from.turn);
      return of === undefined ? null : { type: 'partial', turn: of, text: text(from.text) ?? '' };
    }
    case 'typing':
      return { type: 'typing', on: from.on === true };
    case 'pong':
      return { type: 'pong' };
    case 'error':
      return {
        type: 'error',
        code: text(from.code) ?? '',
        message: text(from.message) ?? '',
        id: text(from.id),
        retry_after_ms: count(from.retry_after_ms),
      };
  }
  const seq = count(from.seq);
  return seq ? in_sequence(from, seq) : null;
}
