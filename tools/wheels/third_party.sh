#!/usr/bin/env bash
# Collects what an sdist and wheels hold of others, from Debian's packages: their sources as cmake/third_party.cmake compiles them,
# without tests and programs, and their licences.
# usage: third_party.sh DOWNLOADS OUT; needs apt-get, dpkg-dev and tclsh (SQLite's single file is put together by it). DOWNLOADS is kept.
set -euo pipefail
mkdir -p "$1" && downloads=$(realpath "$1") && rm -rf "$2" && mkdir -p "$2/licences" && out=$(realpath "$2")
sources=(highway fmtlib sqlite3 xxhash zlib libzstd libyaml)
headers=(libeigen3-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev)

# Packages' sources are listed nowhere on a usual system, so apt reads a list of our own.
if [[ ! -e $downloads/complete ]]; then
  for need in apt-get dpkg-source tclsh; do
    command -v "$need" >/dev/null || { echo "wheels: $need is missing: apt-get install dpkg-dev tcl (Debian 12)" >&2; exit 1; }
  done
  apt=$downloads/apt
  mkdir -p "$apt"/{parts,lists/partial,cache/archives/partial}
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ ! -e $list ]] || sed -n 'p; s/^deb /deb-src /p' "$list" > "$apt/parts/$(basename "${list%.list}").list"
  done
  for list in /etc/apt/sources.list.d/*.sources; do
    [[ ! -e $list ]] || sed 's/^Types:.*/Types: deb deb-src/' "$list" > "$apt/parts/$(basename "$list")"
  done
  options=(-qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/parts" -o "Dir::State::Lists=$apt/lists"
           -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  for package in "${sources[@]}"; do
    mkdir -p "$downloads/$package" && rm -rf "${downloads:?}/$package"/*
    (cd "$downloads/$package" && apt-get "${options[@]}" source "$package" >/dev/null && mv ./*/ tree)
  done
  (cd "$downloads" && apt-get "${options[@]}" download "${headers[@]}")
  for package in "${headers[@]}"; do
    rm -rf "${downloads:?}/$package" && dpkg-deb -x "$downloads/$package"_*.deb "$downloads/$package"
  done
  (cd "$downloads/sqlite3/tree" && mkdir -p made && cd made && ../configure --disable-tcl >/dev/null && make sqlite3.c >/dev/null)
  touch "$downloads/complete"
fi

take() {  # name here, package, folder of it, files...; with the licence
  local from=$downloads/$2/tree/$3 licence=$downloads/$2/tree/debian/copyright
  [[ -e $from ]] || from=$downloads/$2/usr/include/$3 licence=$downloads/$2/usr/share/doc/$2/copyright
  mkdir -p "$out/$1"
  cp "$licence" "$out/licences/$1.txt"
  (cd "$from" && cp -r --parents --preserve=timestamps "${@:4}" "$out/$1")
}
shopt -s globstar nullglob
cd "$downloads/highway/tree"
kept=()
for file in hwy/*.h hwy/ops/*.h hwy/{aligned_allocator,per_target,print,targets}.cc; do [[ $file == *_test* ]] || kept+=("$file"); done
take highway highway . "${kept[@]}"
take fmt fmtlib . include/fmt src/format.cc src/os.cc
take sqlite sqlite3 made sqlite3.c sqlite3.h
take xxhash xxhash . xxhash.c xxhash.h
cd "$downloads/zlib/tree" && take zlib zlib . ./*.c ./*.h
cd "$downloads/libzstd/tree/lib" && take zstd libzstd lib zstd.h zstd_errors.h {common,compress,decompress}/*.{c,h}
cd "$downloads/libyaml/tree" && take yaml libyaml . include/yaml.h src/*.{c,h}
take eigen libeigen3-dev eigen3 Eigen
take json nlohmann-json3-dev . nlohmann
take cli11 libcli11-dev . CLI
take toml libtomlplusplus-dev . toml++
