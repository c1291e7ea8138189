// What is seen: the bubble, the panel and the conversation in it. It reads the session and calls
// it; it keeps nothing that the session knows.

import { draw_text, h, icon, icons, link, Rows, type Row } from './dom';
import { safe_url } from './markdown';
import { text_max, type Attachment, type Body, type Button, type UploadWish } from './protocol';
import type { Item, Own, Said, Session } from './session';
import { file_size, type Language } from './texts';
import { refusal, type Refusal } from './upload';

export interface Doings {
  send(body: Body): void;
  toggle(open: boolean): void;
  upload(file: File, progress: (part: number) => void): Promise<Attachment>;
  download(attachment: Attachment): void;
}

export interface Setting {
  inline: boolean;
  title: string;
  language: Language;
  // Where relative addresses of images start.
  base: string;
}

const group_within_ms = 5 * 60_000;
const page = 100;
const near_end_px = 80;

export class View {
  readonly root: HTMLElement;
  open = false;

  private bubble_: HTMLButtonElement;
  private badge_: HTMLElement;
  private panel_: HTMLElement;
  private dot_: HTMLElement;
  private line_: HTMLElement;
  private banner_: HTMLElement;
  private log_: HTMLElement;
  private rows_: Rows;
  private down_: HTMLButtonElement;
  private input_: HTMLTextAreaElement;
  private announcer_: HTMLElement;
  private shown_ = page;
  private last_key_ = '';
  private drawn_ = false;
  private clock_: Intl.DateTimeFormat;
  private day_: Intl.DateTimeFormat;

  constructor(
    private session_: Session,
    private setting_: Setting,
    private doings_: Doings,
  ) {
    const { language, inline, title } = setting_;
    const { texts, locale } = language;
    this.clock_ = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
    this.day_ = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });

    this.badge_ = h('span', { class: 'badge', 'aria-hidden': 'true', hidden: true });
    this.bubble_ = h(
      'button',
      {
        class: 'bubble',
        type: 'button',
        'aria-haspopup': 'dialog',
        'aria-controls': 'panel',
        onclick: () => doings_.toggle(!this.open),
      },
      icon(icons.chat),
      icon(icons.down),
      this.badge_,
    );
    this.dot_ = h('i', { class: 'dot' });
    this.line_ = h('span');
    this.banner_ = h('div', { class: 'banner', hidden: true });
    this.log_ = h('div', {
      class: 'log',
      role: 'log',
      'aria-live': 'polite',
      'aria-label': texts.log,
      tabindex: 0,
      onscroll: () => this.scrolled_(),
    });
    this.rows_ = new Rows(this.log_);
    this.down_ = h(
      'button',
      { class: 'down', type: 'button', 'aria-label': texts.newest, hidden: true, onclick: () => this.to_end_() },
      icon(icons.down),
    );
    this.input_ = h('textarea', {
      id: 'input',
      rows: 1,
      maxlength: text_max,
      dir: 'auto',
      autocomplete: 'off',
      enterkeyhint: 'send',
      placeholder: texts.placeholder,
      onkeydown: (event: KeyboardEvent) => this.key_in_input_(event),
      oninput: () => {
        this.fit_();
        session_.type();
      },
    });
    this.panel_ = h(
      'div',
      {
        class: 'panel',
        id: 'panel',
        role: inline ? 'group' : 'dialog',
        'aria-labelledby': 'title',
        hidden: !inline,
        onkeydown: (event: KeyboardEvent) => this.key_(event),
      },
      this.head_(title),
      this.banner_,
      h('div', { class: 'middle' }, this.log_, this.down_),
      this.form_(),
    );
    this.announcer_ = h('div', { class: 'sr', role: 'status' });
    this.root = h(
      'section',
      {
        class: `root ${inline ? 'inline' : 'float'}`,
        dir: language.dir,
        lang: language.lang,
        'aria-label': title,
      },
      this.panel_,
      inline ? null : this.bubble_,
      this.announcer_,
    );
    if (inline) this.open = true;
    window.visualViewport?.addEventListener('resize', () => this.fit_phone_());
    this.update();
  }

  set_open(open: boolean, focus: boolean): void {
    if (this.setting_.inline || open === this.open) return;
    this.open = open;
    this.panel_.hidden = !open;
    this.root.classList.toggle('opened', open);
    const phone = this.fills_screen_();
    if (open && phone) this.panel_.setAttribute('aria-modal', 'true');
    else this.panel_.removeAttribute('aria-modal');
    this.update();
    if (open) this.to_end_();
    if (focus) (open ? this.input_ : this.bubble_).focus();
  }

  // Tells a screen reader, beside the messages themselves.
  announce(text: string): void {
    this.announcer_.textContent = this.announcer_.textContent === text ? `${text}\u00a0` : text;
  }

  update(): void {
    this.update_frame_();
    if (this.open) this.update_log_();
  }

  // --- around the conversation

  private head_(title: string): HTMLElement {
    const { texts } = this.setting_.language;
    return h(
      'div',
      { class: 'head' },
      h('span', { class: 'face', 'aria-hidden': 'true' }, icon(icons.bot)),
      h('div', { class: 'names' }, h('h2', { id: 'title' }, title), h('p', {}, this.dot_, this.line_)),
      this.setting_.inline
        ? null
        : h(
            'button',
            { class: 'icon', type: 'button', 'aria-label': texts.close, onclick: () => this.doings_.toggle(false) },
            icon(icons.close),
          ),
    );
  }

  private form_(): HTMLElement {
    const { texts } = this.setting_.language;
    const send = (event: Event) => {
      event.preventDefault();
      this.submit_();
    };
    return h(
      'form',
      { class: 'form', onsubmit: send },
      h('label', { class: 'sr', for: 'input' }, texts.input),
      this.input_,
      h('button', { class: 'go', type: 'submit', 'aria-label': texts.send }, icon(icons.send)),
    );
  }

  private update_frame_(): void {
    const { texts } = this.setting_.language;
    const { status } = this.session_;
    const unread = this.open ? 0 : this.session_.unread();
    this.badge_.hidden = unread === 0;
    this.badge_.textContent = unread > 99 ? '99+' : String(unread);
    const name = this.open ? texts.close : texts.open;
    this.bubble_.setAttribute('aria-label', unread ? `${name}, ${texts.unread(unread)}` : name);
    this.bubble_.setAttribute('aria-expanded', String(this.open));

    const away = status === 'offline' || status === 'stopped' || status === 'replaced';
    this.dot_.classList.toggle('online', status === 'online');
    this.line_.textContent = status === 'connecting' ? texts.connecting : texts.greeting;
    this.dot_.parentElement?.toggleAttribute('hidden', away);
    this.banner_.hidden = !away;
    this.banner_.textContent = away ? texts[status] : '';
  }

  private fills_screen_(): boolean {
    return !this.setting_.inline && matchMedia('(max-width: 480px)').matches;
  }

  // Keeps the input above a phone's keyboard.
  private fit_phone_(): void {
    const height = window.visualViewport?.height;
    if (height && this.fills_screen_()) this.panel_.style.setProperty('--seen-height', `${height}px`);
    else this.panel_.style.removeProperty('--seen-height');
  }

  private fit_(): void {
    this.input_.style.height = 'auto';
    const height = this.input_.value ? Math.min(this.input_.scrollHeight + 2, 132) : 42;
    this.input_.style.height = `${height}px`;
  }

  private key_(event: KeyboardEvent): void {
    if (this.setting_.inline || event.isComposing) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.doings_.toggle(false);
    } else if (event.key === 'Tab' && this.fills_screen_()) {
      this.keep_focus_(event);
    }
  }

  // A panel that covers the page keeps the focus, as what lies behind cannot be seen.
  private keep_focus_(event: KeyboardEvent): void {
    const all = [...this.panel_.querySelectorAll<HTMLElement>('button, a, textarea, [tabindex]')];
    const reachable = all.filter((node) => node.offsetParent !== null);
    const edge = event.shiftKey ? reachable[0] : reachable[reachable.length - 1];
    const other = event.shiftKey ? reachable[reachable.length - 1] : reachable[0];
    const focused = (this.root.getRootNode() as ShadowRoot).activeElement;
    if (focused !== edge) return;
    event.preventDefault();
    other?.focus();
  }

  private key_in_input_(event: KeyboardEvent): void {
    // 229: an input method is still choosing characters (Safari sets isComposing too early).
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit_();
  }

  private submit_(): void {
    const text = this.input_.value.trim();
    this.input_.focus();
    if (!text) return;
    this.input_.value = '';
    this.fit_();
    this.doings_.send({ text });
  }

  private say_(button: Button): void {
    this.doings_.send({ text: button.title, payload: button.payload });
    this.input_.focus();
  }

  private at_end_(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.log_;
    return scrollHeight - scrollTop - clientHeight < near_end_px;
  }

  private to_end_(): void {
    this.log_.scrollTop = this.log_.scrollHeight;
    this.down_.hidden = true;
  }

  private scrolled_(): void {
    if (this.at_end_()) this.down_.hidden = true;
  }

  // --- the conversation

  private update_log_(): void {
    const { session_: session } = this;
    const items = session.timeline();
    const rows = this.rows_of_(items);
    const stay = this.at_end_();
    const last = items[items.length - 1];
    const own = last?.kind === 'own' && last.key !== this.last_key_;
    const fresh = last !== undefined && last.key !== this.last_key_;
    this.log_.setAttribute('aria-busy', String(!session.caught_up && session.status === 'online'));
    this.rows_.update(rows);
    this.drawn_ = session.caught_up;
    this.last_key_ = last?.key ?? '';
    if (stay || own) this.to_end_();
    else if (fresh) this.down_.hidden = false;
    if (this.open && document.visibilityState === 'visible') session.mark_seen();
  }

  private rows_of_(items: Item[]): Row[] {
    const rows: Row[] = [];
    const from = Math.max(0, items.length - this.shown_);
    if (from > 0) rows.push(this.more_row_());
    let day = '';
    let last_own = items.length - 1;
    while (last_own >= 0 && items[last_own]?.kind !== 'own') last_own -= 1;
    for (let at = from; at < items.length; at += 1) {
      const item = items[at] as Item;
      const name = this.day_name_(item.ts);
      if (name !== day) rows.push({ key: `day ${name}`, make: () => h('div', { class: 'day' }, name) });
      const previous = name === day ? items[at - 1] : undefined;
      day = name;
      rows.push(this.item_row_(item, previous, items[at + 1], at >= last_own));
    }
    for (const [turn, text] of this.session_.streams()) rows.push(this.stream_row_(turn, text));
    const quick = items.slice(last_own + 1).filter((item): item is Said => item.kind === 'reply');
    const asked = quick.filter((item) => item.reply.quick_replies.length > 0).pop();
    if (asked) rows.push(this.quick_row_(asked));
    if (this.session_.typing && this.session_.streams().length === 0) rows.push(this.typing_row_());
    if (items.length === 0 && rows.length === 0) rows.push(this.empty_row_());
    return rows;
  }

  private day_name_(ts: number): string {
    const { texts } = this.setting_.language;
    const start = (time: number) => new Date(time).setHours(0, 0, 0, 0);
    const days = Math.round((start(Date.now()) - start(ts)) / 86_400_000);
    if (days === 0) return texts.today;
    return days === 1 ? texts.yesterday : this.day_.format(ts);
  }

  private more_row_(): Row {
    const show = () => {
      const below = this.log_.scrollHeight - this.log_.scrollTop;
      this.shown_ += page;
      this.update_log_();
      this.log_.scrollTop = this.log_.scrollHeight - below;
      this.log_.focus();
    };
    const text = this.setting_.language.texts.earlier;
    return { key: 'more', make: () => h('button', { class: 'more', type: 'button', onclick: show }, text) };
  }

  private empty_row_(): Row {
    return {
      key: 'empty',
      make: () => h('div', { class: 'welcome' }, icon(icons.chat), this.setting_.language.texts.empty),
    };
  }

  private typing_row_(): Row {
    const dots = () => h('div', { class: 'said dots' }, h('i'), h('i'), h('i'));
    return {
      key: 'typing',
      make: () => h('div', { class: 'row first fresh', 'aria-hidden': 'true' }, this.face_(), dots()),
    };
  }

  // Not read aloud: the finished reply is.
  private stream_row_(turn: string, text: string): Row {
    return {
      key: `turn ${turn}`,
      make: () =>
        h('div', { class: 'row first', 'aria-hidden': 'true' }, this.face_(), h('div', { class: 'stack' })),
      patch: (node) => {
        const said = h('div', { class: 'said', dir: 'auto' }, ...this.draw_(text, true));
        node.lastElementChild?.replaceChildren(said);
      },
    };
  }

  private quick_row_(asked: Said): Row {
    const buttons = () => asked.reply.quick_replies.map((one) => this.choice_(one));
    const label = this.setting_.language.texts.quick;
    return {
      key: `quick ${asked.seq}`,
      make: () => h('div', { class: 'quick', role: 'group', 'aria-label': label }, ...buttons()),
    };
  }

  private item_row_(item: Item, before: Item | undefined, after: Item | undefined, newest: boolean): Row {
    if (item.kind === 'notice') return this.notice_row_(item.key, item.handover);
    const first = !before || !same_group(before, item);
    const last = !after || !same_group(item, after);
    // One time for all that was said within a minute.
    const time = this.clock_.format(item.ts);
    const timed = !after || this.clock_.format(after.ts) !== time ? time : '';
    const patch = (node: HTMLElement) => {
      node.classList.toggle('first', first);
      node.classList.toggle('last', last);
      if (item.kind === 'own') this.patch_own_(node, item, timed, newest);
      else this.patch_reply_(node, first, timed, newest);
    };
    const make = () => (item.kind === 'own' ? this.own_(item) : this.reply_(item));
    return { key: item.key, make, patch };
  }

  private notice_row_(key: string, handover: { state: string; by?: string }): Row {
    const { texts } = this.setting_.language;
    const words: Record<string, string> = {
      requested: texts.requested,
      accepted: texts.accepted(handover.by ?? ''),
      released: texts.released,
      timed_out: texts.timed_out,
    };
    return {
      key,
      make: () => h('div', { class: 'notice' }, h('span', { dir: 'auto' }, words[handover.state])),
    };
  }

  private draw_(text: string, markdown: boolean): HTMLElement[] {
    return draw_text(text, markdown, this.setting_.language.texts.new_tab);
  }

  private face_(name?: string): HTMLElement {
    const initial = name ? [...name][0]?.toUpperCase() : '';
    return h('span', { class: 'face', 'aria-hidden': 'true' }, initial || icon(icons.bot));
  }

  private own_(item: Own): HTMLElement {
    const said = h('div', { class: 'said', dir: 'auto' });
    if (item.attachment) said.append(this.file_(item.attachment));
    else said.append(...this.draw_(item.text, false));
    const fresh = this.drawn_ ? ' fresh' : '';
    return h(
      'div',
      { class: `row own${fresh}` },
      h(
        'div',
        { class: 'stack' },
        h('span', { class: 'sr' }, `${this.setting_.language.texts.you}: `),
        said,
        h('div', { class: 'meta' }),
      ),
    );
  }

  private patch_own_(node: HTMLElement, item: Own, time: string, newest: boolean): void {
    node.classList.toggle('pending', item.state === 'pending');
    node.classList.toggle('failed', item.state === 'failed');
    const { texts } = this.setting_.language;
    let text = time && newest ? `${time} · ${texts.sent}` : time;
    if (item.state === 'pending') text = texts.sending;
    if (item.state === 'failed') text = item.reason === 'too_long' ? texts.too_long : texts.not_sent;
    const meta = node.querySelector('.meta') as HTMLElement;
    if (meta.dataset.text === text) return;
    meta.dataset.text = text;
    meta.hidden = text === '';
    meta.replaceChildren(h('span', { class: item.state === 'failed' ? 'bad' : '' }, text));
    if (item.state !== 'failed' || item.reason === 'too_long') return;
    const retry = () => {
      this.session_.retry(item.key);
      this.input_.focus();
    };
    meta.append(h('button', { type: 'button', onclick: retry }, texts.retry));
  }

  private file_(attachment: Attachment): HTMLElement {
    const { texts, locale } = this.setting_.language;
    const name = attachment.name ?? attachment.upload;
    const size = attachment.size === undefined ? '' : file_size(attachment.size, locale);
    return h(
      'button',
      {
        class: 'file',
        type: 'button',
        'aria-label': `${texts.download}: ${name}`,
        onclick: () => this.doings_.download(attachment),
      },
      icon(icons.file),
      h('span', {}, name, h('small', {}, size)),
    );
  }

  private reply_(item: Said): HTMLElement {
    const { reply } = item;
    const { texts } = this.setting_.language;
    const person = reply.from.kind === 'person';
    const name = reply.from.name ?? (person ? texts.person : texts.bot);
    const stack = h(
      'div',
      { class: 'stack' },
      h('span', { class: 'who' }, name, h('span', { class: 'sr' }, ': ')),
    );
    if (reply.text) {
      const drawn = this.draw_(reply.text, reply.format === 'markdown');
      stack.append(h('div', { class: 'said', dir: 'auto', lang: this.reply_language_() }, ...drawn));
    }
    if (reply.image) stack.append(...this.picture_(reply.image));
    const choices = reply.buttons.map((one) => this.choice_(one));
    if (choices.length > 0) stack.append(h('div', { class: 'choices' }, ...choices));
    stack.append(h('div', { class: 'meta' }));
    if (reply.upload) stack.append(this.upload_(reply.upload));
    const fresh = this.drawn_ ? ' fresh' : '';
    return h('div', { class: `row${fresh}` }, this.face_(person ? name : ''), stack);
  }

  private reply_language_(): string | undefined {
    const { language } = this.session_;
    return /^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/.test(language) ? language : undefined;
  }

  private patch_reply_(node: HTMLElement, first: boolean, time: string, newest: boolean): void {
    node.querySelector('.who')?.classList.toggle('sr', !first);
    const meta = node.querySelector('.meta') as HTMLElement;
    meta.hidden = time === '';
    meta.textContent = time;
    const upload = node.querySelector<HTMLElement>('.upload');
    if (upload) upload.hidden = !newest;
  }

  private picture_({ url, alt }: { url: string; alt: string }): HTMLElement[] {
    let href: string | null = null;
    try {
      href = safe_url(new URL(url, this.setting_.base).href);
    } catch {
      // No address: no picture.
    }
    if (!href || !/^http/.test(href)) return [];
    const stay = () => this.at_end_() && this.to_end_();
    return [h('img', { class: 'picture', src: href, alt, referrerpolicy: 'no-referrer', onload: stay })];
  }

  private choice_(button: Button): HTMLElement {
    if (button.payload !== undefined) {
      const say = () => this.say_(button);
      return h('button', { class: 'choice', type: 'button', dir: 'auto', onclick: say }, button.title);
    }
    const href = safe_url(button.url ?? '');
    if (!href) return h('span', { hidden: true });
    const { new_tab } = this.setting_.language.texts;
    return link(href, new_tab, { class: 'choice', dir: 'auto' }, button.title, icon(icons.out));
  }

  // The button that answers a wish for a file, with its progress and its refusals.
  private upload_(wish: UploadWish): HTMLElement {
    const { texts, locale } = this.setting_.language;
    const bar = h('i');
    const progress = h(
      'div',
      { class: 'bar', role: 'progressbar', 'aria-label': texts.uploading, 'aria-valuemin': 0, 'aria-valuemax': 100, hidden: true },
      bar,
    );
    const problem = h('div', { class: 'problem', role: 'alert' });
    const show = (part: number) => {
      bar.style.width = `${part * 100}%`;
      progress.setAttribute('aria-valuenow', String(Math.round(part * 100)));
    };
    const refuse = (why: Refusal) => {
      const limit = why === 'too_big' && Number.isFinite(wish.max_bytes);
      problem.textContent = limit ? `${texts.too_big} ${file_size(wish.max_bytes, locale)}` : texts[why];
    };
    const take = async () => {
      const file = chooser.files?.[0];
      chooser.value = '';
      problem.textContent = '';
      if (!file) return;
      const no = refusal(file, wish);
      if (no) return refuse(no);
      progress.hidden = false;
      choose.disabled = true;
      show(0);
      try {
        const attachment = await this.doings_.upload(file, show);
        this.doings_.send({ attachment });
        this.input_.focus();
      } catch (why) {
        refuse(why as Refusal);
      }
      progress.hidden = true;
      choose.disabled = false;
    };
    const chooser = h('input', {
      type: 'file',
      hidden: true,
      accept: wish.accept.join(',') || undefined,
      'aria-label': texts.choose_file,
      onchange: take,
    });
    const choose = h(
      'button',
      { class: 'choice', type: 'button', onclick: () => chooser.click() },
      icon(icons.attach),
      texts.choose_file,
    );
    return h('div', { class: 'upload' }, choose, chooser, progress, problem);
  }
}

function same_group(one: Item, other: Item): boolean {
  if (Math.abs(other.ts - one.ts) > group_within_ms) return false;
  if (one.kind === 'own' || other.kind === 'own') return one.kind === other.kind;
  if (one.kind === 'notice' || other.kind === 'notice') return false;
  const [a, b] = [one.reply.from, other.reply.from];
  return a.kind === b.kind && a.name === b.name;
}
