// What editors do with the schemas: take them for valid, accept every file of the bots in the tree, and
// refuse what the loader refuses for its shape. `yaml` is the reader that editors use, too.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const usher = process.env.USHER_BINARY ?? join(root, 'build/usher');
const folder = mkdtempSync(join(tmpdir(), 'usher-schema-'));
const drafts = { 'draft 7': Ajv, 'draft 2020-12': Ajv2020 };
const schemas = {};

const readers = {};

// A validator for schema `name`, or for the part of it below `pointer`, by either draft. `$schema` says
// draft 7, which the other would take for a schema it does not have.
function validator(name, draft = 'draft 7', pointer = '') {
  const { $schema, ...schema } = schemas[name];
  const ajv = (readers[draft + name] ??= new drafts[draft]({ allErrors: true, strict: false }).addSchema(schema, name));
  return ajv.getSchema(`${name}#${pointer}`);
}

const told = (errors) => (errors ?? []).slice(0, 5).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`).join('\n');

// Which schema a file of a bot belongs to, as docs/editors.md maps them; undefined: none.
function kind_of(file) {
  const name = file.split('/').at(-1).replace(/\.ya?ml$/, '');
  if (!/\.ya?ml$/.test(file)) return undefined;
  if (!file.includes('/')) return ['bot', 'domain', 'backend', 'alerts', 'config', 'endpoints'].find((k) => k === name);
  const top = file.split('/')[0];
  if (top === 'tests' || top === 'e2e_tests') return name === 'conftest' ? 'conftest' : 'tests';
  if (top === 'data') return file.startsWith('data/flows') ? 'flows' : 'nlu';
  return ['flows', 'nlu', 'domain'].find((k) => k === top);
}

function files_below(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => !file.includes('.usher') && statSync(join(folder, file)).isFile());
}

before(() => {
  execFileSync(usher, ['schema', '--out', folder]);
  for (const file of readdirSync(folder)) schemas[file.replace('.json', '')] = JSON.parse(readFileSync(join(folder, file)));
});
after(() => rmSync(folder, { recursive: true }));

describe('schemas', () => {
  test('there is one for every kind of file, printed and written alike', () => {
    assert.deepEqual(Object.keys(schemas).sort(),
      ['alerts', 'backend', 'bot', 'config', 'conftest', 'domain', 'endpoints', 'flows', 'migrations', 'nlu', 'tests', 'usher']);
    for (const name of ['flows', 'usher']) {
      assert.equal(execFileSync(usher, ['schema', name]).toString(), readFileSync(join(folder, `${name}.json`)).toString());
    }
  });

  test('a kind that there is not, and a folder that cannot be written, end with their exit codes', () => {
    assert.equal(spawnSync(usher, ['schema', 'stories']).status, 2);
    const failed = spawnSync(usher, ['schema', '--out', join(folder, 'flows.json', 'below')]);
    assert.equal(failed.status, 1);
    assert.match(failed.stderr.toString(), /usher schema: .*flows\.json/);
  });

  for (const draft of Object.keys(drafts)) {
    test(`each is a valid schema of ${draft}, and compiles`, () => {
      for (const [name, { $schema, ...schema }] of Object.entries(schemas)) {
        const ajv = new drafts[draft]({ strict: false });
        assert.ok(ajv.validateSchema(schema), `${name}: ${told(ajv.errors)}`);
        assert.equal($schema, 'http://json-schema.org/draft-07/schema#');
        assert.equal(typeof validator(name, draft), 'function');
      }
    });
  }

  test('nothing stands beside a $ref, where draft 7 would pass over it', () => {
    const look = (value, at) => {
      if (typeof value !== 'object' || value === null) return;
      if ('$ref' in value && typeof value.$ref === 'string') assert.deepEqual(Object.keys(value), ['$ref'], at);
      for (const [key, one] of Object.entries(value)) look(one, `${at}/${key}`);
    };
    for (const [name, schema] of Object.entries(schemas)) look({ ...schema, $schema: undefined }, name);
  });

  test('the example of every key is what the key may have', () => {
    let examples = 0;
    for (const [name, schema] of Object.entries(schemas)) {
      const check = (properties, at) => {
        for (const [key, value] of Object.entries(properties ?? {})) {
          for (const example of value.examples ?? []) {
            ++examples;
            const fits = validator(name, 'draft 7', `${at}/properties/${key}`);
            assert.ok(fits(example), `${name} ${at} ${key}: ${JSON.stringify(example)}: ${told(fits.errors)}`);
          }
        }
      };
      for (const [id, map] of Object.entries(schema.definitions)) {
        check(map.properties, `/definitions/${id}`);
        (map.allOf ?? []).forEach(({ then }, i) => check(then?.properties, `/definitions/${id}/allOf/${i}/then`));
      }
    }
    assert.ok(examples > 300, `${examples} examples`);
  });

  test('docs/reference.md is what the tables say, and its links lead somewhere', () => {
    const page = execFileSync(usher, ['schema', '--reference']).toString();
    const kept = readFileSync(join(root, 'docs/reference.md')).toString();
    assert.ok(page === kept, 'docs/reference.md is behind the tables: build/usher schema --reference > docs/reference.md');
    assert.ok(!page.includes('||'), 'two rows of a table in one line');
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)]
      .map(([, title]) => title.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replaceAll(' ', '-'));
    assert.equal(new Set(anchors).size, anchors.length, 'two headings of one name');
    for (const [, anchor] of page.matchAll(/\]\(#([^)]*)\)/g)) assert.ok(anchors.includes(anchor), anchor);
    for (const [, file] of page.matchAll(/\]\(([a-z-]+\.md)/g)) assert.ok(statSync(join(root, 'docs', file)).isFile());
  });

  test('every key says what it is', () => {
    for (const [name, schema] of Object.entries(schemas)) {
      for (const [id, map] of Object.entries(schema.definitions)) {
        assert.ok(map.title && map.description, `${name}: ${id}`);
        for (const [key, value] of Object.entries(map.properties ?? {})) {
          assert.ok(value.description, `${name}: ${id}.${key}`);
        }
      }
    }
  });
});

describe('files', () => {
  const bots = ['flows/shop', 'flows/bank', 'flows/telecom', 'tests/conversations/calm', 'tests/conversations/parcels'];
  for (const bot of bots) {
    test(`every file of ${bot} is accepted`, () => {
      let count = 0;
      for (const file of files_below(join(root, bot))) {
        const kind = kind_of(file);
        if (!kind) continue;
        const fits = validator(kind);
        assert.ok(fits(parse(readFileSync(join(root, bot, file), 'utf8'))), `${bot}/${file}\n${told(fits.errors)}`);
        ++count;
      }
      assert.ok(count > 5, `${count} files`);
    });
  }

  test('the bot of usher init is accepted', () => {
    const bot = join(folder, '..', `usher-schema-bot-${process.pid}`);
    execFileSync(usher, ['init', bot]);
    try {
      for (const file of files_below(bot)) {
        const fits = validator(kind_of(file));
        assert.ok(fits(parse(readFileSync(join(bot, file), 'utf8'))), `${file}\n${told(fits.errors)}`);
      }
    } finally {
      rmSync(bot, { recursive: true });
    }
  });

  for (const page of ['flows', 'conversation-tests', 'mood', 'tutorial', 'operating']) {
    test(`every example of docs/${page}.md is accepted`, () => {
      const text = readFileSync(join(root, 'docs', `${page}.md`), 'utf8');
      let count = 0;
      for (const [, block] of text.matchAll(/^```yaml\n(.*?)^```/gms)) {
        const value = parse(block);
        const keys = Object.keys((Array.isArray(value) ? value[0] : value) ?? {});
        const kind = [['backend', 'when'], ['tests', 'customer', 'commands', 'opens', 'script', 'test_cases'],
          ['alerts', 'alerts', 'webhook'], ['usher', 'listen', 'limits', 'state_folder'],
          ['bot', 'name', 'title', 'understanding', 'opening_hours', 'action_endpoint', 'handover', 'silence'],
          ['flows', 'flows', 'slots', 'responses', 'nlu', 'actions']].find(([, ...of]) => of.some((key) => keys.includes(key)));
        assert.ok(kind, `what is this?\n${block}`);
        const fits = validator(kind[0]);
        // The tutorial's mistake is on purpose.
        if (page === 'tutorial' && block.includes('colect')) assert.ok(!fits(value));
        else assert.ok(fits(value), `${kind[0]}:\n${block}${told(fits.errors)}`);
        ++count;
      }
      assert.ok(count > 0);
    });
  }

  test('a key that the loader does not know the schema does not know either', () => {
    const broken = join(root, 'tests/dialog/broken');
    let refused = 0;
    for (const name of readdirSync(broken)) {
      const text = readFileSync(join(broken, name), 'utf8');
      const unknown = [...text.matchAll(/^# expect: ([^:]+):\d+:\d+: (.*is no key of .*)$/gm)];
      const files = Object.fromEntries(text.split(/^# file: /m).slice(1).map((part) => {
        const end = part.indexOf('\n');
        return [part.slice(0, end), part.slice(end + 1)];
      }));
      for (const [, file, message] of unknown) {
        const kind = kind_of(file);
        if (!kind) continue;
        const fits = validator(kind);
        assert.ok(!fits(parse(files[file], { uniqueKeys: false })), `${name}: ${file}: ${message}`);
        const key = message.match(/^'(.*?)'/)[1];
        const named = fits.errors.some((e) => e.params.additionalProperty === key || e.params.propertyName === key);
        assert.ok(named, `${name}: the schema refuses ${file}, but not for '${key}'\n${told(fits.errors)}`);
        ++refused;
      }
    }
    assert.ok(refused >= 10, `${refused} refused`);
  });

  const step = (text) => ({ flows: { a: { description: 'A flow', steps: [parse(text)] } } });
  const refusals = {
    'a step of no kind': ['flows', step('id: alone')],
    'a step of two kinds': ['flows', step('{say: hello, collect: city}')],
    'a key of another kind of step': ['flows', step('{say: hello, choices: [a, b]}')],
    'a type of answer that there is not': ['flows', step('{collect: age, type: integer}')],
    'a noop that leads nowhere': ['flows', step('noop: true')],
    'two methods': ['flows', step('http: {get: /a, post: /b}')],
    'too many retries': ['flows', step('http: {get: /a, retries: 6}')],
    'a branch without then': ['flows', step('{say: hello, next: [{if: slots.a}]}')],
    'a flow without steps': ['flows', { flows: { a: { description: 'A flow' } } }],
    'a flow without a description': ['flows', { flows: { a: { steps: [] } } }],
    'a button with a payload and a page': ['domain', { responses: { utter_a: { text: 'a', buttons: [{ title: 'b', payload: '/c', url: 'https://d' }] } } }],
    'wording that says nothing': ['domain', { responses: { utter_a: [{ channel: 'web' }] } }],
    'a slot of no type': ['domain', { slots: { city: {} } }],
    'forms': ['domain', { forms: {} }],
    'a sentiment that there is not': ['nlu', { nlu: [{ sentiment: 'sad', examples: ['oh'] }] }],
    'a share of more than all': ['bot', { understanding: { intent_threshold: 2 } }],
    'a day that there is not': ['bot', { opening_hours: { mon: '08:00-18:00' } }],
    'an alert without a condition': ['alerts', { alerts: { unhappy: {} } }],
    'a request of two methods': ['backend', [{ when: { get: '/a', any: '/b' }, reply: {} }]],
    'a turn in which nothing happens': ['tests', [{ bot: 'greet' }]],
    'a case without steps': ['tests', { test_cases: [{ test_case: 'a' }] }],
    'a limit that is a text': ['usher', { limits: { connections: 'many' } }],
  };
  for (const [what, [kind, value]] of Object.entries(refusals)) {
    test(`${what} is refused`, () => assert.ok(!validator(kind)(value)));
  }

  test('the environment may stand for any value of usher.yml', () => {
    const fits = validator('usher');
    assert.ok(fits(parse('port: ${PORT}\nlog_level: ${LEVEL:-info}\ndemo: ${DEMO:-false}\n')), told(fits.errors));
  });

  test('a pattern needs no description, and may be empty', () => {
    const fits = validator('flows');
    assert.ok(fits({ flows: { pattern_completed: { steps: [] } } }), told(fits.errors));
  });
});
