// What the widget itself says, in English and Chinese, and how a locale reads.

export interface Texts {
  title: string;
  greeting: string;
  empty: string;
  open: string;
  close: string;
  log: string;
  input: string;
  placeholder: string;
  send: string;
  you: string;
  bot: string;
  person: string;
  online: string;
  connecting: string;
  offline: string;
  stopped: string;
  replaced: string;
  typing: string;
  sending: string;
  sent: string;
  not_sent: string;
  too_long: string;
  retry: string;
  quick: string;
  earlier: string;
  newest: string;
  today: string;
  yesterday: string;
  choose_file: string;
  uploading: string;
  too_big: string;
  wrong_type: string;
  upload_failed: string;
  new_tab: string;
  download: string;
  unread: (count: number) => string;
  requested: string;
  accepted: (by: string) => string;
  released: string;
  timed_out: string;
}

const en: Texts = {
  title: 'Chat with us',
  greeting: 'We answer at once, day and night',
  empty: 'Hello! How can we help?',
  open: 'Open chat',
  close: 'Close chat',
  log: 'Messages',
  input: 'Your message',
  placeholder: 'Write a message…',
  send: 'Send',
  you: 'You',
  bot: 'Assistant',
  person: 'Our team',
  online: 'Online',
  connecting: 'Connecting…',
  offline: 'No connection. Your messages are kept and sent when it is back.',
  stopped: 'The chat is not available here.',
  replaced: 'This chat goes on in another window. Write to continue here.',
  typing: 'is typing…',
  sending: 'Sending…',
  sent: 'Sent',
  not_sent: 'Not sent',
  too_long: 'Too long, not sent',
  retry: 'Try again',
  quick: 'Suggested answers',
  earlier: 'Earlier messages',
  newest: 'Newest messages',
  today: 'Today',
  yesterday: 'Yesterday',
  choose_file: 'Choose a file',
  uploading: 'Uploading',
  too_big: 'The file is too big. At most',
  wrong_type: 'This kind of file is not accepted.',
  upload_failed: 'The file could not be uploaded. Please try again.',
  new_tab: 'opens in a new tab',
  download: 'Download',
  unread: (count) => (count === 1 ? '1 new message' : `${count} new messages`),
  requested: 'We are looking for someone to help you',
  accepted: (by) => (by ? `${by} has joined the chat` : 'Someone of our team has joined the chat'),
  released: 'You are talking to the assistant again',
  timed_out: 'Nobody is free at the moment. The assistant goes on',
};

const zh: Texts = {
  title: '在线客服',
  greeting: '全天候即时回复',
  empty: '您好！有什么可以帮您？',
  open: '打开聊天',
  close: '关闭聊天',
  log: '消息',
  input: '您的消息',
  placeholder: '请输入消息…',
  send: '发送',
  you: '您',
  bot: '智能助手',
  person: '人工客服',
  online: '在线',
  connecting: '正在连接…',
  offline: '网络已断开。消息已保存，恢复后将自动发送。',
  stopped: '此处无法使用聊天。',
  replaced: '聊天已在另一个窗口继续。在此输入可继续。',
  typing: '正在输入…',
  sending: '发送中…',
  sent: '已发送',
  not_sent: '未发送',
  too_long: '内容过长，未发送',
  retry: '重试',
  quick: '建议的回答',
  earlier: '更早的消息',
  newest: '最新消息',
  today: '今天',
  yesterday: '昨天',
  choose_file: '选择文件',
  uploading: '正在上传',
  too_big: '文件太大，最大',
  wrong_type: '不支持此类文件。',
  upload_failed: '文件上传失败，请重试。',
  new_tab: '在新标签页中打开',
  download: '下载',
  unread: (count) => `${count} 条新消息`,
  requested: '正在为您联系人工客服',
  accepted: (by) => (by ? `${by} 已加入聊天` : '人工客服已加入聊天'),
  released: '您正在与智能助手对话',
  timed_out: '目前没有空闲的客服，由智能助手继续为您服务',
};

export interface Language {
  // A tag that is safe for `lang` and Intl.
  locale: string;
  // The language of our own texts.
  lang: string;
  dir: 'ltr' | 'rtl';
  texts: Texts;
}

const right_to_left = /^(ar|arc|ckb|dv|fa|he|iw|ks|ku-arab|ps|sd|syr|ug|ur|yi)(-|$)/i;

export function language_of(wanted: string | null | undefined): Language {
  const tag = (wanted ?? '').replace(/_/g, '-');
  let locale = 'en';
  try {
    locale = Intl.getCanonicalLocales(tag)[0] ?? locale;
  } catch {
    // Not a language tag: English it is.
  }
  const chinese = /^zh(-|$)/.test(locale);
  return {
    locale,
    lang: chinese ? 'zh' : 'en',
    dir: right_to_left.test(locale) ? 'rtl' : 'ltr',
    texts: chinese ? zh : en,
  };
}

export function file_size(bytes: number, locale: string): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  const number = value.toLocaleString(locale, { maximumFractionDigits: digits });
  return `${number} ${units[unit]}`;
}
