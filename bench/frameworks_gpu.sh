#!/usr/bin/env bash
# Speed of examples/torch/train.py with schedule, run store and live bound beside the same updates without them.
#
#   bench/frameworks_gpu.sh prepare [PYTHON]   here: a wheel for that Python and the libraries it needs, into build/gpu
#   bench/frameworks_gpu.sh run [PAIRS]        on the machine with the GPU, which needs PyTorch and nothing from a network
#
# Prints both speeds of each pair of runs, and at the end the median ratio; the aim is at most 1 % apart.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$PWD/build/gpu

prepare() {
  local python=${1:-python3.12}
  rm -rf "$place" && mkdir -p "$place/package" "$place/lib"
  "$python" -m pip wheel --quiet --no-deps --wheel-dir "$place" .
  "$python" -m zipfile -e "$place"/scheduled-*.whl "$place/package"
  rm "$place"/scheduled-*.whl
  ldd "$place"/package/scheduled/*.so | awk '/=> \// && !/lib(c|m|stdc\+\+|gcc_s|pthread)\.so/ {print $3}' | sort -u |
    xargs -r cp -L -t "$place/lib"
  du -sh "$place"
}

speed() { # arguments of train.py: tokens per second
  python3 examples/torch/train.py "$@" --results 250 --every 100000 --width 768 --layers 12 --heads 12 --batch 16 \
    --context 1024 2>/dev/null | sed -n 's/ tokens\/s.*//p'
}

run() {
  export PYTHONPATH=$place/package LD_LIBRARY_PATH=$place/lib:${LD_LIBRARY_PATH:-}
  python3 -c 'import scheduled.torch, torch; print(scheduled.__version__, torch.__version__, torch.cuda.get_device_name())'
  local folder ratios=() pair plain ours
  folder=$(mktemp -d)
  for ((pair = 1; pair <= ${1:-3}; ++pair)); do
    plain=$(speed - --plain)
    ours=$(speed "$folder/$pair")
    rm -rf "$folder/$pair"
    ratios+=("$(awk "BEGIN {print $ours / $plain}")")
    echo "pair $pair: plain $plain tokens/s, with scheduled $ours tokens/s, ratio ${ratios[-1]}"
  done
  printf '%s\n' "${ratios[@]}" | sort -n | awk '{r[NR] = $1} END {print "median ratio", r[int((NR + 1) / 2)]}'
}

"${1:-run}" "${@:2}"
