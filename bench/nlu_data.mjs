// Turns public data sets, in the forms they are given out in, into files that `usher eval` reads.
//
//   node bench/nlu_data.mjs clinc150 DATA OUT
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [name, data, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const read = (...path) => readFileSync(join(data, ...path), 'utf8');
const unpacked = (...path) =>
  execFileSync('gzip', ['-dc', join(data, ...path)], { maxBuffer: 1 << 28 }).toString();

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
function write_table(file, rows) {
  const lines = rows.map(([text, label]) => `${quoted(text)},${quoted(label)}\n`);
  writeFileSync(join(out, file), 'text,label\n' + lines.join(''));
}

// RFC 4180, quotes and line ends in fields included.
function* table(text, separator = ',') {
  let row = [], field = '', in_quotes = false;
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (in_quotes) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else in_quotes = false;
    } else if (c === '"') in_quotes = true;
    else if (c === separator) row.push(field), (field = '');
    else if (c === '\n') {
      row.push(field.replace(/\r$/, ''));
      yield row;
      row = [];
      field = '';
    } else field += c;
  }
  if (field || row.length) yield [...row, field];
}

function write_objects(file, rows) {
  writeFileSync(join(out, file), rows.map((row) => JSON.stringify(row) + '\n').join(''));
}

// Sentences of [token, tag] in IOB2 or IOBES, as texts with entities; `space` stands between tokens.
function annotated(sentence, space, label) {
  let text = '', length = 0, open;
  const entities = [];
  for (const [token, tag] of sentence) {
    if (text) text += space, (length += space.length);
    const [place, type] = [tag.slice(0, 1), tag.slice(2)];
    if (place === 'O') open = undefined;
    else if ('BS'.includes(place) || open?.entity !== type) {
      open = { start: length, end: 0, entity: type };
      entities.push(open);
    }
    text += token;
    length += [...token].length;
    if (open) open.end = length;
  }
  return { text, ...(label && { intent: label }), entities };
}

function sentences(text, separator) {
  return text.trimEnd().split(/\r?\n\r?\n+/)
    .map((block) => block.split(/\r?\n/).map((line) => {
      const at = line.lastIndexOf(separator);  // The token may be the separator.
      return [line.slice(0, at), line.slice(at + 1)];
    }));
}

function clinc(text) {
  const splits = JSON.parse(text);
  write_table('train.csv', [...splits.train, ...splits.oos_train]);
  write_table('test.csv', [...splits.test, ...splits.oos_test]);
}

function sentiment(rows) {
  write_table('train.csv', rows);
}

const multidogo = (domain) => () => {
  for (const split of ['train', 'test']) {
    const rows = [...table(unpacked('multidogo', 'splits_annotated_at_sentence_level', domain,
      `${split}.tsv.gz`), '\t')];
    const [text, slots, intent] =
      ['utterance', 'slot-labels', 'intent'].map((column) => rows[0].indexOf(column));
    const whole = [];
    for (const row of rows.slice(1)) {
      const tokens = row[text].trim().split(/\s+/), labels = row[slots].trim().split(/\s+/);
      if (tokens.length !== labels.length || !tokens[0]) continue;  // A few are not aligned.
      whole.push(annotated(tokens.map((token, i) =>
        [token, labels[i] === 'O' ? 'O' : `I-${labels[i]}`]), ' ', row[intent]));
    }
    write_objects(`${split}.jsonl`, whole);
  }
};

const sets = {
  clinc150: () => clinc(read('clinc150', 'data_full.json')),
  clinc150_plus: () => clinc(unpacked('clinc150', 'data_oos_plus.json.gz')),
  snips: () => {
    for (const split of ['train', 'test']) {
      const lines = (file) => read('snips', 'slotgated-split', split, file).trimEnd().split('\n');
      const labels = lines('label'), tags = lines('seq.out');
      write_objects(`${split}.jsonl`, lines('seq.in').map((text, i) => {
        const marks = tags[i].trim().split(/\s+/);
        const sentence = text.trim().split(/\s+/).map((token, k) => [token, marks[k]]);
        return annotated(sentence, ' ', labels[i].trim());
      }));
    }
  },
  cais: () => {
    for (const split of ['train', 'test']) {
      const labels = read('cais', split, `ch.${split}.intent`).trimEnd().split('\n');
      write_objects(`${split}.jsonl`, sentences(read('cais', split, `ch.${split}`), ' ')
        .map((sentence, i) => annotated(sentence, '', labels[i].trim())));
    }
  },
  conll2003: () => {
    for (const [file, source] of [['train', 'eng.train'], ['test', 'eng.testb']])
      writeFileSync(join(out, `${file}.conll`), read('conll2003', source));
  },
  cluener: () => {
    for (const [file, source] of [['train', 'train.json'], ['test', 'dev.json']])
      write_objects(`${file}.jsonl`, read('cluener', source).trimEnd().split('\n').map((line) => {
        const { text, label } = JSON.parse(line);
        const entities = Object.entries(label).flatMap(([entity, mentions]) =>
          Object.values(mentions).flat().map(([start, end]) => ({ start, end: end + 1, entity })));
        return { text, entities: entities.sort((a, b) => a.start - b.start) };
      }));
  },
  msra: () => {
    const all = execFileSync('xz', ['-dc', join(data, 'msra-ner', 'dh_msra.txt.xz')],
      { maxBuffer: 1 << 28 }).toString().split('\n');
    for (const [file, lines] of [['train', all.slice(0, 2220537)], ['test', all.slice(2220537)]])
      write_objects(`${file}.jsonl`,
        sentences(lines.join('\n'), '\t').map((sentence) => annotated(sentence, '')));
  },
  phrasebank: () => sentiment(
    readFileSync(join(data, 'financial-phrasebank', 'Sentences_75Agree.txt'), 'latin1').trimEnd()
      .split(/\r?\n/).map((line) => {
        const at = line.lastIndexOf('@');
        return [line.slice(0, at), line.slice(at + 1)];
      })),
  waimai: () => {
    const [, ...rows] = table(read('waimai-10k', 'waimai_10k.csv'));
    sentiment(rows.map(([label, text]) => [text, label === '1' ? 'positive' : 'negative']));
  },
  ...Object.fromEntries(['airline', 'fastfood', 'finance', 'insurance', 'media', 'software']
    .map((domain) => [`multidogo_${domain}`, multidogo(domain)])),
  bitext: () => {
    const file = 'Bitext_Sample_Customer_Support_Training_Dataset_27K_responses-v11.csv.gz';
    const [header, ...rows] = table(unpacked('bitext-customer-support', file));
    const [text, label] = ['instruction', 'intent'].map((column) => header.indexOf(column));
    write_table('train.csv', rows.map((row) => [row[text], row[label]]));
  },
};

if (!sets[name] || !existsSync(data)) {
  console.error(`usage: node bench/nlu_data.mjs ${Object.keys(sets).join('|')} DATA OUT`);
  process.exit(2);
}
sets[name]();
