#!/bin/sh
# CLINC150, one thread: how long an utterance takes in Usher, in fastText and in nlp.js, in one run.
#
#   bench/nlu_speed.sh DATA
#
# DATA as for bench/nlu.sh. fastText is Debian's package; nlp.js comes by `npm ci` into
# bench/nlp_js. Each is left out, and said so, where it is not there.
set -eu
cd "$(dirname "$0")/.."
data=${1:-}
[ -d "$data" ] || { echo "skipped: there is no data in '$data'"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
node bench/nlu_data.mjs clinc150 "$data" "$work"
grep -v ',oos$' "$work/test.csv" > "$work/inside.csv"

echo '== Usher'
build/usher eval nlu --train "$work/train.csv" --test "$work/inside.csv" --model "$work/model" \
  2> /dev/null | tail -n 4
build/usher-bench interpret --model "$work/model" --texts "$work/inside.csv"
[ ! -d flows/shop/.usher ] || build/usher-bench interpret flows/shop

echo '== fastText'
if command -v fasttext > /dev/null; then
  for part in train inside; do
    # shellcheck disable=SC2016
    node -e '
      for (const line of require("fs").readFileSync(0, "utf8").trimEnd().split("\n").slice(1)) {
        const at = line.lastIndexOf(",");
        console.log(`__label__${line.slice(at + 1)} ${line.slice(0, at).replaceAll("\"", "")}`);
      }' < "$work/$part.csv" > "$work/$part.txt"
  done
  fasttext supervised -input "$work/train.txt" -output "$work/fast" -epoch 30 -lr 0.5 \
    -wordNgrams 2 -thread 1 > /dev/null 2>&1
  fasttext test "$work/fast.bin" "$work/inside.txt"
  now() { date +%s%N; }
  i=0
  while [ $i -lt 20 ]; do cat "$work/inside.txt"; i=$((i + 1)); done > "$work/many.txt"
  head -n 1 "$work/inside.txt" > "$work/one.txt"
  a=$(now); fasttext predict "$work/fast.bin" "$work/one.txt" > /dev/null
  b=$(now); fasttext predict "$work/fast.bin" "$work/many.txt" > /dev/null
  c=$(now)
  lines=$(wc -l < "$work/many.txt")
  echo "fastText: $(((c - b - (b - a)) / lines / 1000)) us an utterance, its start taken off"
else
  echo "fastText is not installed (apt install fasttext)"
fi

echo '== nlp.js'
if [ -d bench/nlp_js/node_modules ]; then
  node bench/nlp_js/measure.mjs "$work/train.csv" "$work/inside.csv" 2> /dev/null
else
  echo "nlp.js is not installed (npm ci --prefix bench/nlp_js)"
fi
