// Word lists for the tagger from Debian's packages miscfiles, iso-codes, scowl and tzdata, written as
// OUT/NAME.txt. Prints the options that make `usher eval ner` use them, or nothing where a package is
// missing.
//
//   node bench/nlu_lists.mjs OUT
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const out = process.argv[2];
const misc = '/usr/share/misc', dict = '/usr/share/dict', iso = '/usr/share/iso-codes/json';
const zones = '/usr/share/zoneinfo';
for (const [path, name] of [[`${dict}/propernames.gz`, 'miscfiles'], [iso, 'iso-codes'],
  [`${dict}/scowl`, 'scowl'], [zones, 'tzdata']]) {
  if (existsSync(path)) continue;
  console.error(`no word lists: the package ${name} is missing`);
  process.exit(0);
}
mkdirSync(out, { recursive: true });

const unpacked = (path, encoding) =>
  execFileSync('gzip', ['-dc', path], { maxBuffer: 1 << 26 }).toString(encoding);
const codes = (file, key) => JSON.parse(readFileSync(join(iso, `iso_${file}.json`)))[key];
const plain = (name) => name.replace(/\s*[([].*/, '').trim();

function scowl(kind, greatest) {
  const wanted = new RegExp(`^(english|american)-${kind}\\.(\\d+)$`);
  return readdirSync(`${dict}/scowl`)
    .filter((file) => wanted.test(file) && Number(wanted.exec(file)[2]) <= greatest)
    .flatMap((file) => readFileSync(`${dict}/scowl/${file}`, 'latin1').split('\n'))
    .filter((word) => !word.endsWith("'s"));
}

const countries = [
  ...codes('3166-1', '3166-1').flatMap((c) => [c.name, c.common_name, c.official_name]),
  ...codes('3166-3', '3166-3').map((c) => c.name),
].filter(Boolean).flatMap((name) => [name, name.split(',')[0]]);

const cities = [
  ...[...unpacked(`${misc}/cities.dat.gz`, 'latin1')
    .matchAll(/^Type\s*: City\s*\n(?:.*\n){2}Name\s*: (.+)$/gm)].map((match) => match[1]),
  ...unpacked(`${misc}/airport.gz`, 'utf8').split('\n').map((line) => line.split(':'))
    .filter((fields) => fields.length > 4 && fields[0].length === 3)
    .map((fields) => fields[4].split(',')[0]),
  ...['Africa', 'America', 'Asia', 'Atlantic', 'Australia', 'Europe', 'Indian', 'Pacific']
    .flatMap((area) => readdirSync(join(zones, area))).map((name) => name.replaceAll('_', ' ')),
];

const lists = {
  given_name: unpacked(`${dict}/propernames.gz`, 'latin1').split('\n'),
  country: countries,
  country_code: codes('3166-1', '3166-1').map((c) => c.alpha_3),
  region: codes('3166-2', '3166-2').map((r) => plain(r.name)),
  language: codes('639-2', '639-2').flatMap((l) => l.name.split(/[;(]/)),
  city: cities,
  proper_name: scowl('proper-names', 70),
  capitalised: scowl('upper', 70),
  abbreviation: scowl('abbreviations', 70),
  common_word: scowl('words', 50),
};
const options = [];
for (const [name, words] of Object.entries(lists)) {
  const file = join(out, `${name}.txt`);
  const all = [...new Set(words.map((word) => word.trim()).filter((word) => word.length > 1))];
  writeFileSync(file, all.sort().join('\n') + '\n');
  options.push(`--lookup ${name}=${file}`);
}
console.log(options.join(' '));
