// Trains nlp.js on one CSV file of text and label, and classifies another, one text at a time.
//
//   node bench/nlp_js/measure.mjs TRAIN.csv TEST.csv
import { readFileSync } from 'node:fs';
import { NlpManager } from 'node-nlp';

function* rows(file) {
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)) {
    const match = /^(?:"((?:[^"]|"")*)"|([^,]*)),(.*)$/.exec(line);
    yield [(match[1] ?? match[2]).replaceAll('""', '"'), match[3]];
  }
}

const [train, test] = process.argv.slice(2);
const manager = new NlpManager({ languages: ['en'], forceNER: false, autoSave: false, nlu: { log: false } });
for (const [text, label] of rows(train)) manager.addDocument('en', text, label === 'oos' ? 'None' : label);
let begun = process.hrtime.bigint();
await manager.train();
console.log(`nlp.js: trained in ${(Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1)} s`);
const tested = [...rows(test)].filter(([, label]) => label !== 'oos');
let right = 0;
const times = [];
for (const [text, label] of tested) {
  begun = process.hrtime.bigint();
  const answer = await manager.classify('en', text);
  times.push(Number(process.hrtime.bigint() - begun) / 1e3);
  const best = Array.isArray(answer) ? answer[0] : answer.classifications?.[0] ?? answer;
  if ((best.intent ?? best.label) === label) ++right;
}
times.sort((a, b) => a - b);
console.log(`nlp.js: ${times[times.length >> 1].toFixed(0)} us an utterance (median), ` +
  `${(100 * right / tested.length).toFixed(1)} % of ${tested.length} in scope right`);
