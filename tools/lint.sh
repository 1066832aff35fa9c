#!/usr/bin/env bash
# Formatting and static analysis of our C++ files. Needs clang-format-14 and clang-tidy-14 and a configured build.
set -euo pipefail
mapfile -t files < <(git ls-files '*.cpp' '*.hpp')
clang-format-14 --dry-run --Werror "${files[@]}"
mapfile -t sources < <(git ls-files 'src/*.cpp' 'apps/*.cpp')
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-14 -p build/release --quiet \
  --extra-arg=-Wno-unknown-warning-option
