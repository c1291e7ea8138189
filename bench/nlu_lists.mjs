// Word lists for the tagger from Debian's packages miscfiles, iso-codes, scowl, tzdata, wordnet-base
// and libgeonames-common, written as OUT/NAME.txt. Prints the options that make `usher eval ner` use them, or nothing where a package is
// missing.
//
//   node bench/nlu_lists.mjs OUT
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const out = process.argv[2];
const misc = '/usr/share/misc', dict = '/usr/share/dict', iso = '/usr/share/iso-codes/json';
const zones = '/usr/share/zoneinfo', wordnet = '/usr/share/wordnet', locales = '/usr/share/locale';
for (const [path, name] of [[`${dict}/propernames.gz`, 'miscfiles'], [iso, 'iso-codes'],
  [`${dict}/scowl`, 'scowl'], [zones, 'tzdata'], [`${wordnet}/data.noun`, 'wordnet-base'],
  [`${locales}/de/LC_MESSAGES/geonames.mo`, 'libgeonames-common']]) {
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

// The translations in a GNU .mo file: the count at byte 8, where their table is at byte 16.
function translations(file) {
  const bytes = readFileSync(file), count = bytes.readUInt32LE(8), table = bytes.readUInt32LE(16);
  return Array.from({ length: count }, (_, i) => {
    const from = bytes.readUInt32LE(table + 8 * i + 4);
    return bytes.toString('utf8', from, from + bytes.readUInt32LE(table + 8 * i));
  }).slice(1);  // The first is the file's header.
}

const towns = ['ca', 'da', 'de', 'en_AU', 'en_CA', 'en_GB', 'es', 'fi', 'fr', 'id', 'it', 'nl', 'pl', 'pt', 'sv', 'tr']
  .map((language) => join(locales, language, 'LC_MESSAGES/geonames.mo')).filter(existsSync)
  .flatMap(translations);

// WordNet's names: {lexicographer's file, whether it is an instance, name}. In wndb(5WN) a line is
// offset, file, kind, count of words (hexadecimal), each with a number, count of pointers, pointers.
const names = ['noun', 'adj'].flatMap((kind) =>
  readFileSync(`${wordnet}/data.${kind}`, 'latin1').split('\n')
    .filter((line) => /^\d{8} /.test(line)).flatMap((line) => {
      const fields = line.split(' | ')[0].split(' ');
      const words = Array.from({ length: parseInt(fields[3], 16) }, (_, i) => fields[4 + 2 * i]);
      return words.filter((word) => /^[A-Z]/.test(word)).map((word) => ({
        file: Number(fields[1]),
        instance: fields.includes('@i'),
        name: word.replace(/\((a|p|ip)\)$/, '').replaceAll('_', ' '),
      }));
    }));
const named = (instance, ...files) => names
  .filter((one) => files.includes(one.file) && (instance === undefined || one.instance === instance))
  .map((one) => one.name);
const people = named(true, 18);  // noun.person

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
  town: towns,
  person: people,
  surname: people.map((name) => name.split(' ').at(-1)),
  place: named(true, 15, 17),             // noun.location, noun.object
  group: named(undefined, 14),            // noun.group
  people: named(false, 18, 1, 0),         // noun.person, adj.pert, adj.all
  season: named(undefined, 28),           // noun.time
  work: named(undefined, 4, 6, 10, 11),   // noun.act, noun.artifact, noun.communication, noun.event
};
const options = [];
for (const [name, words] of Object.entries(lists)) {
  const file = join(out, `${name}.txt`);
  const all = [...new Set(words.map((word) => word.trim()).filter((word) => word.length > 1))];
  writeFileSync(file, all.sort().join('\n') + '\n');
  options.push(`--lookup ${name}=${file}`);
}
console.log(options.join(' '));
