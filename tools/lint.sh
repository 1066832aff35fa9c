#!/usr/bin/env bash
# Formatting and static analysis of our files: C++ with clang-format-14 and clang-tidy-14 on a configured build, Python
# with ruff.
set -euo pipefail
for tool in clang-format-14 clang-tidy-14 ruff; do
  command -v "$tool" >/dev/null || {
    echo "lint: needs $tool: apt-get install clang-format-14 clang-tidy-14; pip install ruff" >&2
    exit 1
  }
done
mapfile -t files < <(git ls-files '*.cpp' '*.hpp')
clang-format-14 --dry-run --Werror "${files[@]}"
ruff check --quiet .
# clang-tidy cannot read what g++ precompiled.
cmake --preset release -B build/lint -DSCHEDULED_PRECOMPILE=OFF >/dev/null
mapfile -t sources < <(git ls-files 'src/*.cpp' 'apps/*.cpp' 'paper/*.cpp')
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-14 -p build/lint --quiet \
  --extra-arg=-Wno-unknown-warning-option
