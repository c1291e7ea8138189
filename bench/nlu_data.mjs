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
function* table(text) {
  let row = [], field = '', in_quotes = false;
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (in_quotes) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else in_quotes = false;
    } else if (c === '"') in_quotes = true;
    else if (c === ',') row.push(field), (field = '');
    else if (c === '\n') {
      row.push(field.replace(/\r$/, ''));
      yield row;
      row = [];
      field = '';
    } else field += c;
  }
  if (field || row.length) yield [...row, field];
}

function clinc(text) {
  const splits = JSON.parse(text);
  write_table('train.csv', [...splits.train, ...splits.oos_train]);
  write_table('test.csv', [...splits.test, ...splits.oos_test]);
}

const sets = {
  clinc150: () => clinc(read('clinc150', 'data_full.json')),
  clinc150_plus: () => clinc(unpacked('clinc150', 'data_oos_plus.json.gz')),
  snips: () => {
    for (const split of ['train', 'test']) {
      const lines = (file) => read('snips', 'slotgated-split', split, file).trimEnd().split('\n');
      const labels = lines('label');
      write_table(`${split}.csv`, lines('seq.in').map((text, i) => [text.trim(), labels[i].trim()]));
    }
  },
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
