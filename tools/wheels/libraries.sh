#!/usr/bin/env bash
# Builds what wheels hold of others as static libraries, from Debian's sources, and collects the licences.
# usage: libraries.sh TOOLCHAIN.cmake SOURCES PREFIX; needs cmake, ninja, dpkg-dev and tclsh (SQLite's sources are put together by it).
# SOURCES is filled the first time; PREFIX has include/, lib/ and licences/ afterwards.
set -euo pipefail
toolchain=$(realpath "$1") && mkdir -p "$2" "$3" && sources=$(realpath "$2") && prefix=$(realpath "$3")
here=$(realpath "$(dirname "$0")")
compiled=(highway fmtlib sqlite3 xxhash zlib libzstd libyaml)
headers=(libeigen3-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev)

# Packages' sources are listed nowhere on a usual system, so apt reads a list of our own.
if [[ ! -e $sources/complete ]]; then
  for need in apt-get dpkg-source tclsh; do
    command -v "$need" >/dev/null || { echo "wheels: $need is missing: apt-get install dpkg-dev tcl (Debian 12)" >&2; exit 1; }
  done
  apt=$sources/apt
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
  for package in "${compiled[@]}"; do
    mkdir -p "$sources/$package" && rm -rf "${sources:?}/$package"/*
    (cd "$sources/$package" && apt-get "${options[@]}" source "$package" >/dev/null && mv ./*/ tree)
  done
  (cd "$sources" && apt-get "${options[@]}" download "${headers[@]}")
  for package in "${headers[@]}"; do
    rm -rf "${sources:?}/$package" && dpkg-deb -x "$sources/$package"_*.deb "$sources/$package"
  done
  (cd "$sources/sqlite3/tree" && mkdir -p made && cd made && ../configure --disable-tcl >/dev/null && make sqlite3.c >/dev/null)
  touch "$sources/complete"
fi

mkdir -p "$prefix/licences"
for package in "${compiled[@]}"; do cp "$sources/$package/tree/debian/copyright" "$prefix/licences/$package.txt"; done
for package in "${headers[@]}"; do
  cp "$sources/$package/usr/share/doc/$package/copyright" "$prefix/licences/$package.txt"
  cp -r --preserve=timestamps "$sources/$package/usr/." "$prefix"  # newer headers would compile everything again
done
build() {  # name, source, options
  cmake -G Ninja -S "$2" -B "$prefix/build/$1" -DCMAKE_TOOLCHAIN_FILE="$toolchain" -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF \
    -DCMAKE_CXX_STANDARD=17 "${@:3}" >/dev/null
  cmake --build "$prefix/build/$1" -- -j "${JOBS:-2}" >/dev/null
  cmake --install "$prefix/build/$1" >/dev/null
}
build highway "$sources/highway/tree" -DBUILD_TESTING=OFF -DHWY_ENABLE_CONTRIB=OFF -DHWY_ENABLE_EXAMPLES=OFF -DHWY_ENABLE_TESTS=OFF
build fmt "$sources/fmtlib/tree" -DFMT_TEST=OFF -DFMT_DOC=OFF
build c "$here/libraries" -DSOURCES="$sources"
