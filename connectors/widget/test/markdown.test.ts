import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse_markdown, parse_plain, safe_url, type Block, type Inline } from '../src/markdown';

// The tree in short: <b>, <i>, <c>, <a=href>, | for a line break; blocks by ¶, - and 1.
function inline(node: Inline): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'break':
      return '|';
    case 'code':
      return `<c>${node.text}</c>`;
    case 'link':
      return `<a=${node.href}>${node.children.map(inline).join('')}</a>`;
    case 'strong':
      return `<b>${node.children.map(inline).join('')}</b>`;
    case 'em':
      return `<i>${node.children.map(inline).join('')}</i>`;
  }
}

function short(blocks: Block[]): string {
  return blocks
    .map((block) => {
      if (block.kind === 'paragraph') return block.children.map(inline).join('');
      if (block.kind === 'code') return `\`${block.text}\``;
      const items = block.items.map((item) => item.map(inline).join('')).join(';');
      return `${block.ordered ? `${block.start}.` : '-'}[${items}]`;
    })
    .join('¶');
}

const cases: [string, string][] = [
  ['plain words', 'plain words'],
  ['one\ntwo\n\nthree', 'one|two¶three'],
  ['**bold** and *italic* and `code`', '<b>bold</b> and <i>italic</i> and <c>code</c>'],
  ['__bold__ and _italic_', '<b>bold</b> and <i>italic</i>'],
  ['**bold with *italic* inside**', '<b>bold with <i>italic</i> inside</b>'],
  ['*italic with **bold** inside*', '<i>italic with <b>bold</b> inside</i>'],
  ['***both***', '<b><i>both</i></b>'],
  ['a **** b', 'a **** b'],
  ['order_number_of_mine', 'order_number_of_mine'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['**never closed', '**never closed'],
  ['`*not italic*`', '<c>*not italic*</c>'],
  ['\\*as it stands\\*', '*as it stands*'],
  ['C:\\new', 'C:\\new'],
  ['[us](https://shop.example/a)', '<a=https://shop.example/a>us</a>'],
  ['[mail](mailto:a@b.example) [call](tel:+491)', '<a=mailto:a@b.example>mail</a> <a=tel:+491>call</a>'],
  ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
  ['[x](JaVaScRiPt:alert)', '[x](JaVaScRiPt:alert)'],
  ['[x](data:text/html,hi)', '[x](data:text/html,hi)'],
  ['[x](//evil.example)', '[x](//evil.example)'],
  ['see https://a.example/b, please', 'see <a=https://a.example/b>https://a.example/b</a>, please'],
  ['**https://a.example/**', '<b><a=https://a.example/>https://a.example/</a></b>'],
  ['[https://good.example](https://other.example)', '<a=https://other.example/>https://good.example/</a>'],
  ['- one\n- *two*\n  more\n* three', '-[one;<i>two</i>|more;three]'],
  ['3. three\n4. four', '3.[three;four]'],
  ['before\n- a\nafter', 'before¶-[a]¶after'],
  ['# Title\ntext', '<b>Title</b>¶text'],
  ['```\n<b>\n```\nend', '`<b>`¶end'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['你好**世界**！', '你好<b>世界</b>！'],
  ['', ''],
];

for (const [source, expected] of cases) {
  test(`markdown ${JSON.stringify(source)}`, () => assert.equal(short(parse_markdown(source)), expected));
}

test('plain text keeps its marks and links its addresses', () => {
  const drawn = short(parse_plain('**no**\nhttps://a.example'));
  assert.equal(drawn, '**no**|<a=https://a.example/>https://a.example</a>');
});

test('only web, mail and telephone addresses are safe', () => {
  for (const url of ['https://a.example', 'http://a', 'mailto:a@b', 'tel:1']) assert(safe_url(url), url);
  const bad = ['javascript:alert(1)', ' javascript:x', 'java\nscript:x', '\u0001javascript:x', 'vbscript:x',
    'data:x', 'file:///etc/passwd', 'blob:https://a', 'ftp://a', '//a', '/a', 'a', '', 'https:', 'http:///x', 'mailto:'];
  for (const url of bad) assert.equal(safe_url(url), null, url);
});

test('hostile texts take no time', () => {
  const start = Date.now();
  for (const part of ['*', '**a', '[', '[a](', '`', '_a ', '*a _b ', '- ', '\n', 'http://', '**a*', '```\n', '> ', '[[]](', '*a**b', '**', '__a', '*a ', '_a*b_ c*']) {
    parse_markdown(part.repeat(20_000));
  }
  assert(Date.now() - start < 3_000, `${Date.now() - start} ms`);
});
