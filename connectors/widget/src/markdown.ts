// The part of Markdown that replies may use, as a tree. Drawing it is the view's business, so no
// text of the server is ever read as markup.
//
// Known: paragraphs, line breaks, headings (drawn bold), lists, fenced code, **bold**, *italic*,
// `code`, [links](https://…) and bare addresses. Everything else stays the text it is.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  | { kind: 'strong' | 'em'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] };

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; start: number; items: Inline[][] };

const length_max = 20_000;
const depth_max = 6;
// Marks that are looked at to close a bold or italic part, so that no text takes long to read.
const candidates_max = 30;

// The address when a link may lead there (http, https, mailto, tel), else null.
export function safe_url(url: string): string | null {
  // Browsers skip control characters and blanks inside a scheme, so `java\nscript:` is dangerous.
  const plain = url.replace(/[\u0000-\u0020\u007f-\u009f]+/g, '');
  if (!/^(https?:\/\/[^/]|mailto:.|tel:.)/i.test(plain)) return null;
  if (!/^http/i.test(plain)) return plain;
  try {
    return new URL(plain).href;
  } catch {
    return null;
  }
}

// Text as it stands: line breaks and bare addresses only.
export function parse_plain(source: string): Block[] {
  return [{ kind: 'paragraph', children: inlines(source.slice(0, length_max), 0, true) }];
}

export function parse_markdown(source: string): Block[] {
  const lines = source.slice(0, length_max).replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const close = () => {
    const text = paragraph.join('\n').trim();
    if (text) blocks.push({ kind: 'paragraph', children: inlines(text, 0, false) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string;
    if (line.startsWith('```')) {
      close();
      const end = lines.findIndex((other, index) => index > at && other.startsWith('```'));
      const last = end < 0 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n') });
      at = last;
    } else if (list_item(line)) {
      close();
      at = read_list(lines, at, blocks);
    } else if (/^#{1,6} /.test(line)) {
      close();
      const children = inlines(line.replace(/^#+ +/, ''), 1, false);
      blocks.push({ kind: 'paragraph', children: [{ kind: 'strong', children }] });
    } else if (line.trim() === '') {
      close();
    } else {
      paragraph.push(line);
    }
  }
  close();
  return blocks;
}

function list_item(line: string): { ordered: boolean; start: number; text: string } | null {
  const found = /^ {0,9}(?:[-*+]|(\d{1,9})[.)]) +(?=\S)/.exec(line);
  if (!found) return null;
  return {
    ordered: found[1] !== undefined,
    start: Number(found[1] ?? 1),
    text: line.slice(found[0].length),
  };
}

// Reads the list that starts at `at`; returns its last line.
function read_list(lines: string[], at: number, blocks: Block[]): number {
  const first = list_item(lines[at] as string);
  const texts: string[] = [];
  let next = at;
  for (; next < lines.length; next += 1) {
    const line = lines[next] as string;
    const item = list_item(line);
    if (item && item.ordered === first?.ordered) texts.push(item.text);
    else if (!item && /^\s+\S/.test(line)) texts[texts.length - 1] += `\n${line.trim()}`;
    else break;
  }
  blocks.push({
    kind: 'list',
    ordered: first?.ordered ?? false,
    start: first?.start ?? 1,
    items: texts.map((text) => inlines(text, 0, false)),
  });
  return next - 1;
}

interface Span {
  node: Inline;
  end: number;
}

// Searches a closing mark and remembers when there is none, so that a text of opening marks alone
// is not read again and again.
class Closers {
  private missing_ = new Set<string>();

  constructor(private text_: string) {}

  find(mark: string, from: number): number {
    if (this.missing_.has(mark)) return -1;
    const at = this.text_.indexOf(mark, from);
    if (at < 0) this.missing_.add(mark);
    return at;
  }
}

const marks = /[\\`*_[\nhH]/g;

function inlines(text: string, depth: number, plain: boolean): Inline[] {
  const out: Inline[] = [];
  const closers = new Closers(text);
  let literal = '';
  const put = (node: Inline) => {
    if (literal) out.push({ kind: 'text', text: literal });
    literal = '';
    out.push(node);
  };
  let at = 0;
  while (at < text.length) {
    marks.lastIndex = at;
    const mark = marks.exec(text);
    const next = mark ? mark.index : text.length;
    literal += text.slice(at, next);
    at = next;
    if (!mark) break;
    const escaped = !plain && mark[0] === '\\' && /^[\\`*_[\](){}#+\-.!>~|]/.test(text.charAt(at + 1));
    if (escaped) {
      literal += text.charAt(at + 1);
      at += 2;
      continue;
    }
    const span = read_span(text, at, depth, plain, closers);
    if (span) {
      if (span.node.kind === 'break') literal = literal.replace(/ +$/, '');
      put(span.node);
      at = span.end;
    } else {
      literal += text.charAt(at);
      at += 1;
    }
  }
  if (literal) out.push({ kind: 'text', text: literal });
  return out;
}

function read_span(
  text: string,
  at: number,
  depth: number,
  plain: boolean,
  closers: Closers,
): Span | null {
  const mark = text.charAt(at);
  if (mark === '\n') return { node: { kind: 'break' }, end: at + 1 };
  if (mark === 'h' || mark === 'H') return bare_address(text, at);
  if (plain || depth >= depth_max) return null;
  if (mark === '`') return code(text, at, closers);
  if (mark === '[') return link(text, at, depth, closers);
  return emphasis(text, at, depth, closers);
}

function code(text: string, at: number, closers: Closers): Span | null {
  const end = closers.find('`', at + 1);
  if (end <= at + 1) return null;
  return { node: { kind: 'code', text: text.slice(at + 1, end) }, end: end + 1 };
}

function link(text: string, at: number, depth: number, closers: Closers): Span | null {
  const middle = closers.find('](', at + 1);
  if (middle <= at + 1 || middle - at > 1_000) return null;
  const end = closers.find(')', middle + 2);
  if (end < 0) return null;
  const label = text.slice(at + 1, middle);
  if (label.includes('[')) return null;
  const href = safe_url(text.slice(middle + 2, end).replace(/\s+["'(].*$/, ''));
  if (!href) return null;
  const children = inlines(label, depth + 1, false).map(unlinked);
  return { node: { kind: 'link', href, children }, end: end + 1 };
}

// A link inside a link is no HTML.
function unlinked(node: Inline): Inline {
  if (node.kind === 'link') return { kind: 'text', text: node.href };
  if (node.kind === 'strong' || node.kind === 'em') {
    return { ...node, children: node.children.map(unlinked) };
  }
  return node;
}

const word = /[\p{L}\p{N}]/u;

function emphasis(text: string, at: number, depth: number, closers: Closers): Span | null {
  const sign = text.charAt(at);
  const mark = text.charAt(at + 1) === sign ? sign + sign : sign;
  const inner = at + mark.length;
  // What is left of a run that did not open anything, or a run too long to mean anything.
  if (text.charAt(at - 1) === sign || text.startsWith(sign.repeat(4), at)) return null;
  if (/^\s?$/.test(text.charAt(inner))) return null;
  if (sign === '_' && word.test(text.charAt(at - 1))) return null;
  let end = closers.find(mark, inner);
  for (let tries = 0; end >= 0 && !closes(text, end, mark, inner); tries += 1) {
    // A run of marks is stepped over whole: the `**` of a bold part inside an italic one.
    let after = end + mark.length;
    while (text.charAt(after) === sign) after += 1;
    if (tries > candidates_max) return null;
    end = closers.find(mark, after);
  }
  if (end < 0) return null;
  // `***both***`: the outer mark is the last of the closing run.
  if (mark.length === 2 && text.charAt(inner) === sign && text.charAt(end + 2) === sign) end += 1;
  const children = inlines(text.slice(inner, end), depth + 1, false);
  const kind = mark.length === 2 ? 'strong' : 'em';
  return { node: { kind, children }, end: end + mark.length };
}

function closes(text: string, end: number, mark: string, inner: number): boolean {
  if (end <= inner || /\s/.test(text.charAt(end - 1))) return false;
  const after = text.charAt(end + mark.length);
  if (mark.length === 1 && (after === mark || text.charAt(end - 1) === mark)) return false;
  return mark.charAt(0) !== '_' || !word.test(after);
}

const address = /https?:\/\/[^\s<>"'`“”‘’「」，。；！？、（）]+/iy;

function bare_address(text: string, at: number): Span | null {
  if (at > 0 && word.test(text.charAt(at - 1))) return null;
  address.lastIndex = at;
  let found = address.exec(text)?.[0];
  if (!found) return null;
  found = found.replace(/[.,:;!?*_\])]+$/, '');
  const href = safe_url(found);
  if (!href) return null;
  const children: Inline[] = [{ kind: 'text', text: found }];
  return { node: { kind: 'link', href, children }, end: at + found.length };
}
