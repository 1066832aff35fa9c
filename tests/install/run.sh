#!/usr/bin/env bash
# Builds the consumer against an install tree (find_package) or the source tree (add_subdirectory) and runs it.
# usage: run.sh installed|subdirectory SOURCE_DIR BUILD_DIR WORK_DIR
set -euo pipefail
way=$1 source_dir=$2 build_dir=$3 work=$4
rm -rf "$work"
if [[ $way == installed ]]; then
  cmake --install "$build_dir" --prefix "$work/prefix" >/dev/null
  where=(-DCMAKE_PREFIX_PATH="$work/prefix")
else
  where=(-DSCHEDULED_SOURCE_DIR="$source_dir")
fi
cmake -G Ninja -S "$source_dir/tests/install" -B "$work/build" -DCMAKE_BUILD_TYPE=Release "${where[@]}" >/dev/null
if [[ -x $work/prefix/bin/scheduled ]]; then
  diff <("$work/prefix/bin/scheduled" completion bash) "$work/prefix/share/bash-completion/completions/scheduled"
fi
cmake --build "$work/build" --target consumer consumer_c
if [[ $way == installed ]]; then  # the same by pkg-config, from a tree that was moved after it was installed
  mv "$work/prefix" "$work/moved"
  folders=("$work"/moved/lib*/pkgconfig "$work"/moved/lib*/*/pkgconfig)
  for folder in "${folders[@]}"; do [[ ! -f $folder/scheduled.pc ]] || export PKG_CONFIG_PATH=$folder; done
  read -ra flags <<< "$(pkg-config --cflags --libs scheduled)"
  [[ " ${flags[*]} " != *" $work/prefix"* ]]
  g++ -std=c++20 "$source_dir/tests/install/main.cpp" "${flags[@]}" -o "$work/by_pkg_config"
  gcc -std=c99 "$source_dir/tests/install/main.c" "${flags[@]}" -o "$work/by_pkg_config_c"
  diff <("$work/by_pkg_config") <("$work/build/consumer")
  diff <("$work/by_pkg_config_c") <("$work/build/consumer_c")
fi
output=$("$work/build/consumer")
echo "$output"
[[ $output == 'wsd(steps=401, peak=0.02537'*' has bound 0.10932'* ]]
output=$("$work/build/consumer_c")
echo "$output"
[[ $output == 'linear(steps=3, '*': 1' ]]
