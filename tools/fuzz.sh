#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for the given number of executions on its corpus; the target of logs so often for
# each format, for templates and for what is told by the content ("pattern", "any"). With FORMATs: these alone.
# usage: fuzz.sh RUNS [FORMAT...]
set -euo pipefail
runs=$1
shift
command -v clang++-14 >/dev/null || { echo "fuzz: needs clang++-14: apt-get install clang-14 libclang-rt-14-dev" >&2; exit 1; }
run() {  # program, name of its new corpus, longest input, further options
  local program=build/fuzz/tests/fuzz/$1 work=build/fuzz/corpus/$2 most=$3
  shift 3
  mkdir -p "$work"
  "$program" -runs="$runs" -max_len="$most" -reload=0 -entropic=0 -verbosity=0 -print_final_stats=1 "$work" "$@"
}

cmake --preset fuzz
if [[ $# -eq 0 ]]; then
  cmake --build --preset fuzz
  for target in build/fuzz/tests/fuzz/fuzz_*; do
    [[ -x $target && ! -d $target ]] || continue
    name=$(basename "$target")
    echo "== $name, $runs executions"
    run "$name" "$name" 2048 "tests/fuzz/corpus/${name#fuzz_}"
  done
  set -- $(grep '^| `' docs/guide/logs.md | cut -d'|' -f2 | grep -o '`[^`]*`' | tr -d '`' | sort -u) pattern any
else
  cmake --build --preset fuzz --target fuzz_log_format
fi
for format in "$@"; do
  echo "== logs of format $format, $runs executions"
  SCHEDULED_FUZZ_FORMAT=$format run fuzz_log_format "log_format_$format" 512 -dict=tests/fuzz/log.dict \
    tests/fuzz/corpus/log_format
done
