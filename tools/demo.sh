#!/usr/bin/env bash
# The main job on real input: six schedules at 50,000 steps, and the bound along a real run where a log is at hand.
# usage: demo.sh COMMAND; LOG names the log of a run, if any.
set -euo pipefail
scheduled=$1
out=build/demo
mkdir -p "$out"

echo 'Six schedules at 50,000 steps, each at its best base LR (D = G = 1):'
echo
"$scheduled" compare --steps 50k wsd cosine linear 1-sqrt 'rsqrt(warmup=1k)' constant -o "$out/compare.png"
echo
echo "figure: $out/compare.png"

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
