// The session's ports, made of what a browser has.

import type { Ports, Socket, SocketEvents, Store } from './session';

// A storage that may be missing, full or forbidden: then this page remembers, and nobody else.
export function store(kind: 'localStorage' | 'sessionStorage'): Store {
  const memory = new Map<string, string>();
  const attempt = <T>(call: (storage: Storage) => T): T | null => {
    try {
      return call(window[kind]);
    } catch {
      return null;
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(key)) ?? memory.get(key) ?? null,
    set: (key, value) => {
      memory.set(key, value);
      attempt((storage) => storage.setItem(key, value));
    },
    remove: (key) => {
      memory.delete(key);
      attempt((storage) => storage.removeItem(key));
    },
  };
}

export function random_id(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function connect(url: string, events: SocketEvents): Socket {
  const socket = new WebSocket(url, 'usher.v1');
  socket.onopen = () => events.opened();
  socket.onmessage = (event) => events.received(event.data);
  socket.onclose = (event) => events.closed(event.code);
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      if (socket.readyState < WebSocket.CLOSING) socket.close();
    },
  };
}

// A duplicated tab starts with a copy of the other's session storage. A lock of the client's name
// lasts as long as the page, so whoever finds it taken needs a name of its own. A page that was
// just reloaded may hold it a moment longer.
function claim(client: string, answer: (free: boolean) => void): void {
  const name = `usher ${client}`;
  if (!navigator.locks) return claim_by_asking(name, answer);
  const attempt = (left: number) => {
    const hold = (lock: Lock | null) => {
      if (lock) {
        answer(true);
        return new Promise<void>(() => undefined);
      }
      if (left > 0) setTimeout(attempt, 100, left - 1);
      else answer(false);
      return undefined;
    };
    navigator.locks.request(name, { ifAvailable: true }, hold).catch(() => answer(true));
  };
  attempt(3);
}

// Pages without TLS have no locks: ask the other tabs, and answer them from now on.
function claim_by_asking(name: string, answer: (free: boolean) => void): void {
  if (typeof BroadcastChannel === 'undefined') return answer(true);
  const channel = new BroadcastChannel(name);
  let mine = false;
  const settle = (free: boolean) => {
    clearTimeout(timer);
    mine = free;
    if (!free) channel.close();
    answer(free);
  };
  channel.onmessage = (event) => {
    if (event.data === 'mine?' && mine) channel.postMessage('mine!');
    if (event.data === 'mine!' && !mine) settle(false);
  };
  const timer = setTimeout(settle, 150, true);
  channel.postMessage('mine?');
}

export function browser_ports(url: string): Ports {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    id: random_id,
    after: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    connect: (events) => connect(url, events),
    claim,
    local: store('localStorage'),
    tab: store('sessionStorage'),
  };
}
