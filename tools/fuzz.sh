#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for the given number of executions on its corpus; the target of logs so often for
# each format.
# usage: fuzz.sh RUNS
set -euo pipefail
runs=$1
command -v clang++-14 >/dev/null || { echo "fuzz: needs clang++-14: apt-get install clang-14 libclang-rt-14-dev" >&2; exit 1; }
cmake --preset fuzz
cmake --build --preset fuzz
for target in build/fuzz/tests/fuzz/fuzz_*; do
  [[ -x $target && ! -d $target ]] || continue
  name=$(basename "$target")
  work=build/fuzz/corpus/$name
  mkdir -p "$work"
  echo "== $name, $runs executions"
  "$target" -runs="$runs" -max_len=2048 -verbosity=0 -print_final_stats=1 "$work" "tests/fuzz/corpus/${name#fuzz_}"
done
for format in $(grep '^| `' docs/guide/logs.md | cut -d'|' -f2 | grep -o '`[^`]*`' | tr -d '`'); do
  work=build/fuzz/corpus/log_format_$format
  mkdir -p "$work"
  echo "== logs of format $format, $runs executions"
  SCHEDULED_FUZZ_FORMAT=$format build/fuzz/tests/fuzz/fuzz_log_format -runs="$runs" -max_len=512 -verbosity=0 \
    -print_final_stats=1 "$work" tests/fuzz/corpus/log_format
done
