#!/usr/bin/env bash
# Installs the Debian packages of the parts named, where they are missing. Without a part: of all but wheels, which make wheels
# asks for, slurm, whose packages bring services (13 MB; the daemons of tests/cli/test_slurm.py are its own), and shared.
# usage: setup.sh [command|trainer|tests|wheels|shared|slurm]...
set -euo pipefail

command=(g++ cmake ninja-build pkg-config              # build
         libhwy-dev                                    # core: SIMD
         libeigen3-dev coinor-csdp                     # performance-estimation SDP, loss laws (Eigen)
         libsqlite3-dev libxxhash-dev                  # run store
         nlohmann-json3-dev libcli11-dev libfmt-dev    # command and logs
         zlib1g-dev libzstd-dev                        # compressed logs
         libyaml-dev libtomlplusplus-dev               # configurations of other programs
         gnuplot-nox)                                  # figures
trainer=(libtorch-dev libopenblas0-pthread)            # with the reference BLAS, LibTorch takes 11 times as long
tests=(python3 python3-dev python3-venv                # Python package
       python3-jsonschema                              # what --json prints
       libgtest-dev librapidcheck-dev libmpfr-dev      # tests
       gfortran                                        # the Fortran example
       dpkg-dev                                        # Debian packages
       libbenchmark-dev)                               # benchmarks
wheels=(dpkg-dev tcl                                   # sources of Debian, SQLite's single file
        qemu-user-static                               # programs of aarch64
        libgtest-dev)                                  # hashes of results, tested there
shared=(python3-fusepy libfuse2 util-linux)            # a run on a file system of several machines (tests/shared)
slurm=(slurmctld slurmd slurm-client munge)            # plans on a cluster, tested on a Slurm of this machine

[[ $# -gt 0 ]] || set -- command trainer tests
packages=()
for part in "$@"; do
  declare -n of_part=$part
  packages+=("${of_part[@]}")
done

if ! command -v dpkg-query >/dev/null; then
  echo "setup: not a Debian system; please install the equivalents of: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [[ $status == 'install ok installed' ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "setup: run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
