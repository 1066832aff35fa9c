#!/usr/bin/env bash
# A root with a CPython of Debian, for another machine or of a later suite: packages unpacked, nothing set up.
# usage: debian_python.sh ARCHITECTURE SUITE VERSION ROOT, such as: arm64 trixie 3.13 build/root
set -euo pipefail
architecture=$1 suite=$2 version=$3 && mkdir -p "$4" && root=$(realpath "$4")
[[ ! -e $root/complete ]] || exit 0
archive=$(sed -nE 's/^URIs: *//p; s/^deb (\[.*\] )?([^ ]+) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} \
  2>/dev/null | grep -m1 '/debian/*$' || true)
[[ -n $archive ]] || { echo "wheels: apt has no source of Debian's packages here" >&2; exit 1; }
apt=$(mktemp -d) && trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt"/{lists/partial,cache/archives/partial} && touch "$apt/status"
echo "deb [arch=$architecture] $archive $suite main" > "$apt/sources.list"
options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State=$apt"
         -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o "APT::Architecture=$architecture"
         -o "APT::Architectures=$architecture" -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0)
apt-get "${options[@]}" update
apt-get "${options[@]}" install --yes --no-install-recommends --download-only "python$version" dash coreutils libstdc++6 >/dev/null
find "${root:?}" -mindepth 1 -delete
for folder in bin lib lib64 sbin; do mkdir -p "$root/usr/$folder" && ln -s "usr/$folder" "$root/$folder"; done
mkdir -p "$root"/{dev,proc,tmp}
for package in "$apt"/cache/archives/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner; done
touch "$root/complete"
