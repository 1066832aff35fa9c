#!/usr/bin/env bash
# Builds an sdist of make wheels as whoever has no network may: in a minimal Debian 12 with a compiler and Python alone, CMake and the other
# tools from wheels that were fetched before. Then the package and its command are used.
# usage: sdist.sh SDIST, with SCHEDULED_DEBIAN_ROOT as debian_root.sh says.
set -euo pipefail
sdist=$(realpath "$1") here=$(realpath "$(dirname "$0")")
source "$here/debian_root.sh"
install g++ python3-dev python3-venv
mkdir "$root/wheels"
cp "$sdist" "$here/use.sh" "$here/../../tools/wheels/smoke.py" "$root/wheels"
inside python3 -m venv /root/env
python3 -m pip download --quiet --only-binary=:all: --python-version 3.11 --implementation cp --platform "manylinux_2_28_$(uname -m)" \
  --platform "manylinux2014_$(uname -m)" --dest "$root/wheels" cmake ninja scikit-build-core nanobind numpy
offline() { inside unshare --net "$@"; }
[[ -n $(inside sed 1d /proc/net/route) && -z $(offline sed 1d /proc/net/route) ]]  # there is a way out, and then there is none
begin=$SECONDS
offline sh -e -c 'export CMAKE_BUILD_PARALLEL_LEVEL='"${CMAKE_BUILD_PARALLEL_LEVEL:-2}"'
  /root/env/bin/pip install --no-index --find-links /wheels --config-settings=cmake.define.SCHEDULED_BUILD_CLI=ON /wheels/scheduled_lr-*.tar.gz'
echo "sdist: built in $((SECONDS - begin)) s by $(inside g++ --version | head -1)"
offline /root/env/bin/python -I /wheels/smoke.py /root/env/bin/scheduled
offline /wheels/use.sh /root/env/bin/scheduled /root/used > "$folder/sdist.txt" 2>&1
tail -n 3 "$folder/sdist.txt"
needed=$(inside sh -c 'ldd /root/env/bin/scheduled /root/env/lib/python3*/site-packages/scheduled/_core*.so')
! grep -E 'not found|hwy|sqlite|xxhash|yaml|zstd|libz|fmt' <<< "$needed" || { echo 'sdist: it needs libraries of the system' >&2; exit 1; }
