// What the page asks the server for: /v1 with the operator's key, and the shapes that come back.

const key_name = 'usher.console.key';

export interface Bot {
  name: string;
  title: string;
  version: string;
}

// A row of /v1/stats: what it is of, and its numbers.
export interface Row {
  day?: string;
  channel?: string;
  version?: string;
  flow?: string;
  step?: string;
  conversations: number;
  open: number;
  resolved: number;
  left: number;
  unhelped: number;
  person: number;
  resolved_share: number | null;
  messages: number;
  fallbacks: number;
  fallback_share: number | null;
  corrections: number;
  handovers: number;
  failures: number;
  ratings: number;
  satisfaction: number | null;
  started?: number;
  completed?: number;
  abandoned?: number;
  entered?: number;
}

export interface Session {
  conversation: string;
  at: string;
  last: string;
  channel: string;
  version: string;
  state: State;
  flows: string[];
  first_words: string;
  first_turn: number;
  messages: number;
  rating: number;
}
export type State = 'open' | 'resolved' | 'left' | 'unhelped' | 'person';

export interface Flow {
  id: string;
  description: string;
  pattern: boolean;
  file: string;
  line: number;
  steps: string[];
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

export interface Kept {
  number: number;
  event: { type: string; ts: number; actor?: string; public?: Fields; personal?: Fields };
}

export interface Explained {
  turns: Fields[];
}

// The key was refused.
export class Refused extends Error {}

export class Api {
  bot = '';

  // `refused` is called when the server no longer takes the key.
  constructor(
    private readonly key: string,
    private readonly refused: () => void,
  ) {}

  // The session's key; nothing: nobody is logged in.
  static key(): string | null {
    return sessionStorage.getItem(key_name);
  }
  static keep(key: string): void {
    sessionStorage.setItem(key_name, key);
  }
  static forget(): void {
    sessionStorage.removeItem(key_name);
  }

  async text(path: string, query: Record<string, string | number> = {}): Promise<string> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries({ bot: this.bot, ...query })) {
      if (value !== '') words.set(name, String(value));
    }
    let response: Response;
    try {
      response = await fetch(`/v1/${path}?${words}`, {
        headers: { authorization: `Bearer ${this.key}` },
        credentials: 'omit',
      });
    } catch {
      throw new Error('The server does not answer.');
    }
    if (response.status === 401) {
      this.refused();
      throw new Refused('The server does not take this key.');
    }
    const body = await response.text();
    if (!response.ok) throw new Error(complaint(body) || `The server answers ${response.status}.`);
    return body;
  }

  async get<T>(path: string, query: Record<string, string | number> = {}): Promise<T> {
    return JSON.parse(await this.text(path, query)) as T;
  }

  async stats(query: Record<string, string>): Promise<Row[]> {
    return (await this.get<{ rows: Row[] }>('stats', query)).rows;
  }

  async events(conversation: string): Promise<Kept[]> {
    const all: Kept[] = [];
    for (;;) {
      const from = (all[all.length - 1]?.number ?? 0) + 1;
      const page = await this.get<{ events: Kept[] }>(`conversations/${conversation}/events`, {
        from,
        limit: 1000,
      });
      all.push(...page.events);
      if (page.events.length < 1000 || all.length >= 20_000) return all;
    }
  }
}

function complaint(body: string): string {
  try {
    const { message } = (JSON.parse(body) as { error: { message: string } }).error;
    return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  } catch {
    return '';
  }
}
