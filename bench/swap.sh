#!/bin/sh
# Swaps the shop's version and model under load: 2,000 turns a second for a while, then again while two
# versions take turns 50 times (SIGHUP). Prints both rounds and the server's memory.
#
#   bench/swap.sh [SECONDS [SWAPS [TURNS_PER_SECOND]]]
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-30}
swaps=${2:-50}
rate=${3:-2000}
work=$(mktemp -d)
server=''
trap 'kill $server 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cp -r flows/shop "$work/shop"
mkdir -p "$work/shop/.usher"
for seed in 1 2; do
  sed "s/^  seed: .*/  seed: $seed/" flows/shop/bot.yml > "$work/shop/bot.yml"
  cp "$work/shop/bot.yml" "$work/bot-$seed.yml"
  build/usher train "$work/shop" --out "$work/model-$seed" > /dev/null 2>&1
done
put() {  # The model first: a reload in between would find it stale.
  cp "$work/model-$1" "$work/shop/.usher/new" && mv "$work/shop/.usher/new" "$work/shop/.usher/model.safetensors"
  cp "$work/bot-$1.yml" "$work/shop/new" && mv "$work/shop/new" "$work/shop/bot.yml"
}
cat > "$work/usher.yml" <<'YAML'
limits:
  messages_per_s: 100000
  message_burst: 100000
  connects_per_address_s: 100000
YAML
put 2
build/usher serve "$work/shop" --demo --port 18085 --state "$work/state" --config "$work/usher.yml" \
  > "$work/out" 2> "$work/log" &
server=$!
tries=0
until curl -fs http://127.0.0.1:18085/health/ready > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 400 ] || { echo "the server did not get ready:"; tail -n 5 "$work/log"; exit 1; }
  sleep 0.025
done
resident() { awk '/VmRSS/ {printf "%.0f MiB", $2 / 1024}' "/proc/$server/status"; }
load() { build/usher-bench turn-load --port 18085 --pid $server --connections 500 --rate "$rate" --seconds "$seconds"; }

echo "started: $(resident)"
echo "without swaps:"
load
echo "after it: $(resident)"
(
  i=0
  sleep 5  # The load's own beginning
  while [ $i -lt "$swaps" ]; do
    i=$((i + 1))
    put $((i % 2 + 1))
    kill -HUP $server
    sleep "$(awk "BEGIN {print ($seconds - 4) / $swaps}")"
  done
) &
swapper=$!
echo "with $swaps swaps:"
load
wait $swapper
echo "after it: $(resident), $(grep -c '"version_current"' "$work/log") swaps done"
sleep 5
echo "five seconds later: $(resident)"
