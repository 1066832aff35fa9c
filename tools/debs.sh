#!/usr/bin/env bash
# Debian packages of a build: scheduled (the command, manual pages, completions) and libscheduled-dev (headers and static libraries).
# usage: debs.sh BUILD OUT. The trainer is in neither: it needs LibTorch, and make build makes it.
set -euo pipefail
build=$(realpath "$1") && mkdir -p "$2" && out=$(realpath "$2")
source=$(realpath "$(dirname "$0")/..")
command -v dpkg-shlibdeps >/dev/null || { echo "debs: dpkg-shlibdeps is missing: apt-get install dpkg-dev" >&2; exit 1; }
version=$(sed -n 's/^project(scheduled VERSION \([0-9.]*\).*/\1/p' "$source/CMakeLists.txt")
architecture=$(dpkg --print-architecture)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

package() {  # name, component, dependencies, other fields
  local root=$work/$1
  cmake --install "$build" --component "$2" --prefix "$root/usr" >/dev/null
  find "$root" -name '*.1' -exec gzip -9n {} +
  install -D -m 644 "$source/LICENSE" "$root/usr/share/doc/$1/copyright"
  mkdir "$root/DEBIAN"
  printf '%s\n' "Package: $1" "Version: $version" "Architecture: $architecture" "Maintainer: the scheduled authors <scheduled@localhost>" \
    "Installed-Size: $(du -sk "$root/usr" | cut -f1)" "Depends: $3" "${@:4}" > "$root/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$root" "$out/${1}_${version}_$architecture.deb" >/dev/null
  echo "debs: $out/${1}_${version}_$architecture.deb"
}

# What a program needs, found by its symbols.
mkdir -p "$work/of/debian" && touch "$work/of/debian/control"
shared=$(cd "$work/of" && dpkg-shlibdeps -O "$build/scheduled" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[[ -n $shared ]] || { echo "debs: dpkg-shlibdeps says nothing of $build/scheduled" >&2; exit 1; }
package scheduled command "$shared" "Suggests: gnuplot-nox" "Section: science" "Priority: optional" \
  "Description: Learning-rate schedules with guarantees for large-model training" \
  " Which schedule, peak and cooldown to train with, by the last-iterate bound of convex" \
  " optimisation, before, during and after a run."
package libscheduled-dev development "libhwy-dev, zlib1g-dev, libzstd-dev, libyaml-dev, libsqlite3-dev, libxxhash-dev" \
  "Suggests: scheduled" "Section: libdevel" "Priority: optional" \
  "Description: Learning-rate schedules with guarantees (headers and static libraries)" \
  " The C++20 and C interface, for find_package(scheduled) in CMake and for pkg-config."
