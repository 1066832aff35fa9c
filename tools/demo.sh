#!/usr/bin/env bash
# The main job on real input: six schedules at 50,000 steps, the bound along a real run where a log is at hand, and a
# small run without a horizon that is really trained, where the trainer was built.
# usage: demo.sh compare|run COMMAND; LOG names the log of a run, if any.
set -euo pipefail
part=$1
scheduled=$2
out=build/demo
mkdir -p "$out"

if [[ $part == compare ]]; then
  echo 'Six schedules at 50,000 steps, each at its best base LR (D = G = 1):'
  echo
  "$scheduled" compare --steps 50k wsd cosine linear 1-sqrt 'rsqrt(warmup=1k)' constant -o "$out/compare.png"
  echo
  echo "figure: $out/compare.png"
  exit 0
fi

if [[ -n ${LOG:-} && -f $LOG ]]; then
  echo
  echo "The bound along a real run, $(basename "$LOG"):"
  echo
  "$scheduled" bound --log "$LOG" -o "$out/bound-along-log.png"
  echo
  echo "figure: $out/bound-along-log.png"
else
  echo
  echo "No training log at hand; with one: make demo LOG=run.json"
fi

echo
if [[ ! -x $(dirname "$scheduled")/scheduled-train ]]; then
  echo "No trainer: LibTorch is missing (apt-get install libtorch-dev, then build again)"
  exit 0
fi

echo 'Training without a horizon: a small transformer on the text of this project.'
find README.md HACKING.md docs include src apps paper tests python tools -name '*.md' -o -name '*.[ch]pp' -o -name '*.py' |
  LC_ALL=C sort | xargs cat > "$out/text.txt"
cat > "$out/train.json" <<'JSON'
{
  "data": {"train": ["text.txt"], "validation_bytes": 50000},
  "model": {"layers": 2, "width": 64, "heads": 4, "context": 128, "mlp": 176},
  "batch": 8, "seed": 1, "schedule": "constant(warmup=20, peak=8e-3)",
  "log_every": 20, "evaluate": {"every": 40, "batches": 8}
}
JSON
run=$out/run
rm -rf "$run"
echo
echo 'The trunk trains. After 480 updates a result is wanted: a branch cools down, and the trunk goes on as if nothing had'
echo 'happened; after 960 another one.'
echo
"$scheduled" train "$run" --config "$out/train.json" --until 480
"$scheduled" train "$run" --config "$out/train.json" --branch result-600 --at 480 --cooldown 20% --decay 1-sqrt
"$scheduled" train "$run" --config "$out/train.json" --until 960
"$scheduled" train "$run" --config "$out/train.json" --branch result-1200 --at 960 --cooldown 20% --decay 1-sqrt
echo
"$scheduled" run status "$run"
logs=()
for line in trunk result-600 result-1200; do
  "$scheduled" run export "$run" --line "$line" --csv > "$out/$line.csv"
  logs+=(--log "$out/$line.csv" --label "$line")
done
"$scheduled" bound "${logs[@]}" -o "$out/anytime.png" > /dev/null
echo
echo "figure: $out/anytime.png"
