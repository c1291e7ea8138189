// Making DOM nodes from data, and only from data: nothing here reads markup.

import { parse_markdown, parse_plain, type Block, type Inline } from './markdown';

type Props = Record<string, unknown>;

// An element; `on…` are listeners, true and false are boolean attributes, undefined is left out.
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Node | string | null | undefined)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== undefined) node.setAttribute(name, String(value));
  }
  for (const child of children) if (child != null) node.append(child);
  return node;
}

const svg_names = 'http://www.w3.org/2000/svg';

export function icon(path: string): SVGElement {
  const svg = document.createElementNS(svg_names, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(svg_names, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

export const icons = {
  chat: 'M21 12a8.5 8.5 0 0 1-12.4 7.6L3 21l1.5-5.3A8.5 8.5 0 1 1 21 12zM8.5 12h.01M12.5 12h.01M16.5 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  send: 'M12 19V5M6 11l6-6 6 6',
  bot: 'M12 3v3M6 7h12a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM9 12v1M15 12v1M9 21h6',
  file: 'M14 3H6v18h12V7zM14 3v4h4',
  attach: 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.3 17a1.6 1.6 0 0 1-2.3-2.3L14.5 7',
  out: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
};

export function link(href: string, label: string, props: Props, ...children: (Node | string)[]) {
  const web = /^http/i.test(href);
  const node = h('a', { ...props, href, rel: 'noopener noreferrer', target: '_blank' }, ...children);
  if (web) node.append(h('span', { class: 'sr' }, ` (${label})`));
  return node;
}

function draw_inline(node: Inline, new_tab: string): Node {
  switch (node.kind) {
    case 'text':
      return document.createTextNode(node.text);
    case 'break':
      return h('br');
    case 'code':
      return h('code', {}, node.text);
    case 'link':
      return link(node.href, new_tab, {}, ...draw_inlines(node.children, new_tab));
    default:
      return h(node.kind, {}, ...draw_inlines(node.children, new_tab));
  }
}

function draw_inlines(nodes: Inline[], new_tab: string): Node[] {
  return nodes.map((node) => draw_inline(node, new_tab));
}

function draw_block(block: Block, new_tab: string): HTMLElement {
  if (block.kind === 'code') return h('pre', { tabindex: 0 }, h('code', {}, block.text));
  if (block.kind === 'paragraph') return h('p', {}, ...draw_inlines(block.children, new_tab));
  const items = block.items.map((item) => h('li', {}, ...draw_inlines(item, new_tab)));
  if (!block.ordered) return h('ul', {}, ...items);
  return h('ol', block.start === 1 ? {} : { start: block.start }, ...items);
}

// What a message says. `new_tab` is what a screen reader hears after a link.
export function draw_text(source: string, markdown: boolean, new_tab: string): HTMLElement[] {
  const blocks = markdown ? parse_markdown(source) : parse_plain(source);
  return blocks.map((block) => draw_block(block, new_tab));
}

export interface Row {
  key: string;
  make(): HTMLElement;
  // Brings an existing node up to date, so that a live region does not read it twice.
  patch?(node: HTMLElement): void;
}

// Children of one element that follow a list of rows, each made once.
export class Rows {
  private nodes_ = new Map<string, HTMLElement>();

  constructor(private parent_: HTMLElement) {}

  update(rows: Row[]): void {
    const left = new Set(this.nodes_.keys());
    let at: ChildNode | null = this.parent_.firstChild;
    for (const row of rows) {
      left.delete(row.key);
      let node = this.nodes_.get(row.key);
      if (!node) {
        node = row.make();
        this.nodes_.set(row.key, node);
      }
      row.patch?.(node);
      if (node === at) at = at.nextSibling;
      else this.parent_.insertBefore(node, at);
    }
    for (const key of left) {
      this.nodes_.get(key)?.remove();
      this.nodes_.delete(key);
    }
  }
}
