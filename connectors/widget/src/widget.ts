// <usher-chat>, the script tag that embeds it, and window.usher.
//
//   <script src="/widget.js" data-bot="shop" async></script>
//
// Attributes, on the script or on the element: data-bot, data-mode (bubble, inline), data-target
// (a selector, where an inline chat goes), data-locale, data-title, data-server, data-user (a
// token signed by the site), data-theme (auto, light, dark).

import { browser_ports, store } from './browser';
import type { Body } from './protocol';
import { Session } from './session';
import { style } from './style';
import { language_of, type Language } from './texts';
import { download, upload } from './upload';
import { View } from './view';

const script = document.currentScript as HTMLScriptElement | null;
const names = ['bot', 'mode', 'locale', 'title', 'server', 'user', 'theme'];

function server_of(wanted: string | null): string {
  const base = wanted || new URL('.', script?.src || location.href).href;
  const url = new URL(base, location.href);
  return url.href.replace(/[?#].*$/, '').replace(/\/*$/, '/');
}

export class UsherChat extends HTMLElement {
  private session_: Session | null = null;
  private view_: View | null = null;
  private language_: Language = language_of('en');
  private drawing_ = false;
  private tab_ = store('sessionStorage');
  private leave_: (() => void)[] = [];

  connectedCallback(): void {
    if (this.session_) return;
    const inline = this.setting_('mode') === 'inline';
    this.language_ = language_of(this.setting_('locale') ?? navigator.language);
    const base = server_of(this.setting_('server'));
    const bot = this.setting_('bot') ?? '';
    const url = new URL(`chat${bot ? `?bot=${encodeURIComponent(bot)}` : ''}`, base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

    const options = { bot, locale: this.language_.locale, user: this.setting_('user') ?? undefined };
    const session = new Session(options, browser_ports(url.href), {
      changed: () => this.redraw_(),
      event: (name, detail) => this.happened_(name, detail),
    });
    this.session_ = session;
    const place = () => ({ base, conversation: session.conversation, token: session.token });
    this.view_ = new View(
      session,
      {
        inline,
        base,
        title: this.setting_('title') ?? this.language_.texts.title,
        language: this.language_,
      },
      {
        send: (body) => this.say_(body),
        toggle: (open) => this.toggle_(open, true),
        upload: (file, progress) => upload(place(), file, progress),
        download: (attachment) => void download(place(), attachment).catch(() => undefined),
      },
    );
    this.show_();
    this.listen_();
    // Who has never talked to us costs the server nothing until they open the chat.
    if (inline || session.known) session.start();
    const was_open = this.tab_.get(this.open_key_()) === '1';
    if (was_open && !matchMedia('(max-width: 480px)').matches) this.toggle_(true, false);
  }

  disconnectedCallback(): void {
    // An element that is only moved comes back at once.
    queueMicrotask(() => {
      if (this.isConnected || !this.session_) return;
      for (const leave of this.leave_.splice(0)) leave();
      this.session_.stop();
      this.session_ = null;
      this.view_ = null;
    });
  }

  open(): void {
    this.toggle_(true, true);
  }

  close(): void {
    this.toggle_(false, true);
  }

  send(text: string): void {
    if (text.trim()) this.say_({ text: text.trim() });
  }

  feedback(seq: number, rating: number, comment?: string): void {
    this.session_?.feedback(seq, rating, comment);
  }

  private setting_(name: string): string | null {
    return this.getAttribute(`data-${name}`);
  }

  private open_key_(): string {
    return `usher:${this.setting_('bot') ?? ''}:open`;
  }

  private show_(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const nodes: Node[] = [this.view_!.root];
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const node = document.createElement('style');
      node.textContent = style;
      nodes.unshift(node);
    }
    root.replaceChildren(...nodes);
  }

  private listen_(): void {
    const wake = () => this.session_?.wake();
    const look = () => {
      if (document.visibilityState !== 'visible') return;
      wake();
      this.redraw_();
    };
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', look);
    this.leave_.push(
      () => window.removeEventListener('online', wake),
      () => document.removeEventListener('visibilitychange', look),
    );
  }

  private toggle_(open: boolean, focus: boolean): void {
    if (!this.view_ || !this.session_ || this.view_.open === open) return;
    this.view_.set_open(open, focus);
    if (open) this.session_.start();
    if (open) this.tab_.set(this.open_key_(), '1');
    else this.tab_.remove(this.open_key_());
    this.happened_(open ? 'open' : 'close', null);
  }

  private say_(body: Body): void {
    this.session_?.send(body);
  }

  // Many frames, one drawing.
  private redraw_(): void {
    if (this.drawing_) return;
    this.drawing_ = true;
    const draw = () => {
      this.drawing_ = false;
      this.view_?.update();
    };
    if (document.visibilityState === 'visible') requestAnimationFrame(draw);
    else setTimeout(draw, 50);
  }

  private happened_(name: string, detail: unknown): void {
    const { texts } = this.language_;
    if (name === 'status') this.announce_status_((detail as { status: string }).status);
    if (name === 'sent') this.view_?.announce(texts.sent);
    if (name === 'failed') this.view_?.announce(texts.not_sent);
    this.dispatchEvent(new CustomEvent(`usher:${name}`, { detail, bubbles: true, composed: true }));
  }

  private announce_status_(status: string): void {
    const { texts } = this.language_;
    if (!this.view_?.open || status === 'idle') return;
    this.view_.announce(texts[status as 'online' | 'connecting' | 'offline' | 'stopped' | 'replaced']);
  }
}

// --- the page's side

type Callback = (detail: unknown) => void;

let chat: UsherChat | null = null;
const asked: ((element: UsherChat) => void)[] = [];

function with_chat(call: (element: UsherChat) => void): void {
  chat ??= document.querySelector<UsherChat>('usher-chat');
  if (chat) call(chat);
  else asked.push(call);
}

const api = {
  open: () => with_chat((element) => element.open()),
  close: () => with_chat((element) => element.close()),
  send: (text: string) => with_chat((element) => element.send(text)),
  feedback: (seq: number, rating: number, comment?: string) =>
    with_chat((element) => element.feedback(seq, rating, comment)),
  // Calls `callback` with the event's detail: open, close, status, welcome, message, sent,
  // failed, reply, handover. Returns what ends it.
  on(name: string, callback: Callback): () => void {
    const listener = (event: Event) => callback((event as CustomEvent).detail);
    document.addEventListener(`usher:${name}`, listener);
    return () => document.removeEventListener(`usher:${name}`, listener);
  },
};

function embed(from: HTMLScriptElement): void {
  const element = document.createElement('usher-chat') as UsherChat;
  for (const name of names) {
    const value = from.dataset[name];
    if (value !== undefined) element.setAttribute(`data-${name}`, value);
  }
  const target = from.dataset.target ? document.querySelector(from.dataset.target) : null;
  (target ?? document.body).append(element);
}

function begin(): void {
  // The page may have placed the element itself.
  if (script && !document.querySelector('usher-chat')) embed(script);
  with_chat((element) => asked.splice(0).forEach((call) => call(element)));
}

if (!customElements.get('usher-chat')) {
  customElements.define('usher-chat', UsherChat);
  (window as unknown as { usher: typeof api }).usher = api;
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
}

