import assert from 'node:assert/strict';
import { test } from 'node:test';
import { file_size, language_of } from '../src/texts';
import { refusal } from '../src/upload';

test('the locale chooses texts and direction', () => {
  const short = (tag: string | null) => {
    const { locale, lang, dir } = language_of(tag);
    return `${locale} ${lang} ${dir}`;
  };
  assert.equal(short('en-GB'), 'en-GB en ltr');
  assert.equal(short('zh_CN'), 'zh-CN zh ltr');
  assert.equal(short('ar-EG'), 'ar-EG en rtl');
  assert.equal(short('he'), 'he en rtl');
  assert.equal(short('de'), 'de en ltr');
  assert.equal(short('not a tag!'), 'en en ltr');
  assert.equal(short(null), 'en en ltr');
});

test('both languages say everything', () => {
  const en = language_of('en').texts;
  const zh = language_of('zh').texts;
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  assert.equal(en.unread(1), '1 new message');
  assert.equal(en.accepted(''), 'Someone of our team has joined the chat');
});

test('sizes are told in round numbers', () => {
  assert.deepEqual([5, 999, 1_500, 2_000_000].map((bytes) => file_size(bytes, 'en')), ['5 B', '999 B', '1.5 KB', '2 MB']);
});

test('files are checked before they travel', () => {
  const wish = { accept: ['image/*', 'application/pdf'], max_bytes: 100 };
  assert.equal(refusal({ size: 101, type: 'image/png' }, wish), 'too_big');
  assert.equal(refusal({ size: 1, type: 'text/html' }, wish), 'wrong_type');
  assert.equal(refusal({ size: 1, type: 'IMAGE/PNG' }, wish), null);
  assert.equal(refusal({ size: 1, type: 'application/pdf' }, wish), null);
  assert.equal(refusal({ size: 1, type: '' }, wish), null);
  assert.equal(refusal({ size: 1, type: 'text/html' }, { accept: [], max_bytes: 100 }), null);
});
