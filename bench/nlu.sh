#!/bin/sh
# Measures understanding on public data, three seeds each, the mean of them:
#
#   bench/nlu.sh DATA [SET…]     sets: clinc150 clinc150_plus snips bitext cais conll2003
#                                conll2003_lists cluener msra phrasebank waimai
#                                phrasebank_shipped waimai_shipped multidogo_DOMAIN
#
# DATA holds the sets as their authors give them out, a folder each. Training sees no test data. Those
# ending in _lists have word lists of Debian's packages as well (bench/nlu_lists.mjs), those in
# _shipped test the sentiment that comes with Usher, which has not seen them.
set -eu
cd "$(dirname "$0")/.."
data=${1:-}
if [ ! -d "$data" ]; then
  echo "skipped: there is no data in '$data'; say the folder that holds clinc150/, snips/, …"
  exit 0
fi
shift
if [ $# -eq 0 ]; then
  set -- clinc150 clinc150_plus snips bitext cais conll2003 conll2003_lists cluener msra \
    phrasebank waimai phrasebank_shipped waimai_shipped
  for domain in airline fastfood finance insurance media software; do
    set -- "$@" multidogo_$domain
  done
fi
[ -x build/usher ] || { echo 'build/usher is missing: ./dev build'; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

for name in "$@"; do
  printf '\n== %s\n' "$name"
  node bench/nlu_data.mjs "$(echo "$name" | sed "s/_shipped$//; s/_lists$//")" "$data" "$work/$name"
  case $name in
    snips | cais | multidogo_*) task=nlu ending=jsonl ;;
    conll2003*) task=ner ending=conll ;;
    cluener | msra) task=ner ending=jsonl ;;
    phrasebank* | waimai*) task=sentiment ending=csv ;;
    *) task=nlu ending=csv ;;
  esac
  train=$work/$name/train.$ending
  case $name in
    bitext | phrasebank | waimai) how="--train $train --folds 5" ;;
    *_shipped) how="--test $train" ;;
    *) how="--train $train --test $work/$name/test.$ending" ;;
  esac
  [ "$name" != conll2003_lists ] || how="$how $(node bench/nlu_lists.mjs "$work/lists")"
  for seed in 1 2 3; do
    # shellcheck disable=SC2086
    build/usher eval $task $how --seed $seed \
      --json "$work/$name/$seed.json" > /dev/null 2> "$work/log" || { cat "$work/log"; exit 1; }
  done
  node -e '
    const reports = process.argv.slice(1).map((file) => JSON.parse(require("fs").readFileSync(file)));
    const keys = ["accuracy", "intent_accuracy", "word_list_accuracy", "word_list_macro_f1",
      "macro_f1", "weighted_f1", "in_scope_accuracy_at_threshold", "oos_recall", "oos_auroc", "ece",
      "entity_f1", "token_macro_f1", "token_weighted_f1", "train_seconds", "peak_rss_mb",
      "us_per_utterance"];
    for (const key of keys.filter((key) => key in reports[0])) {
      const values = reports.map((report) => report[key]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      console.log(key.padEnd(32), mean.toFixed(4), " of", values.map((v) => v.toFixed(4)).join(" "));
    }' "$work/$name"/1.json "$work/$name"/2.json "$work/$name"/3.json
done
