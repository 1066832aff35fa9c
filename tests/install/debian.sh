#!/usr/bin/env bash
# Installs the Debian packages of a build as people do, with apt-get in a minimal Debian 12, and uses them there: the command prints what
# that of the build prints; programs are built against the library with CMake and with pkg-config.
# usage: debian.sh SOURCE_DIR BUILD_DIR, with SCHEDULED_DEBIAN_ROOT as debian_root.sh says.
set -euo pipefail
source_dir=$1 build_dir=$2
command -v dpkg-shlibdeps >/dev/null || { echo 'skipped: dpkg-dev is missing'; exit 77; }
source "$source_dir/tests/install/debian_root.sh"
packages() { (cd "$root" && printf "/%s" packages/"$1"_*.deb); }

cpack --config "$build_dir/CPackConfig.cmake" -B "$root/packages" >/dev/null
rm -r "$root/packages/_CPack_Packages"
cp -r "$source_dir/tests/install" "$root/tests"

install "$(packages scheduled)"
inside dpkg -s scheduled | grep -q '^Status: install ok installed'
"$source_dir/tests/install/use.sh" "$(realpath "$build_dir")/scheduled" "$folder/here" > "$folder/here.txt" 2>&1
inside /tests/use.sh scheduled /root/there > "$folder/there.txt" 2>&1
diff "$folder/here.txt" "$folder/there.txt"
diff <(inside scheduled completion bash) "$root/usr/share/bash-completion/completions/scheduled"
install man-db  # without pages of others, which a minimal system leaves out
[[ $(inside man --no-hyphenation scheduled-tune) == *'scheduled tune'* ]]

install "$(packages libscheduled-dev)" g++ cmake ninja-build pkg-config
inside cmake -G Ninja -S /tests -B /root/build -DCMAKE_BUILD_TYPE=Release >/dev/null
inside cmake --build /root/build >/dev/null
inside sh -e -c 'cd /root && flags=$(pkg-config --cflags --libs scheduled)
  g++ -std=c++20 /tests/main.cpp $flags -o by_pkg_config && gcc -std=c99 /tests/main.c $flags -o by_pkg_config_c'
for program in build/consumer by_pkg_config; do [[ $(inside "/root/$program") == 'wsd(steps=401, peak=0.02537'*' has bound 0.10932'* ]]; done
for program in build/consumer_c by_pkg_config_c; do [[ $(inside "/root/$program") == 'linear(steps=3, '*': 1' ]]; done
inside apt-get purge -y -qq -o Dpkg::Use-Pty=0 scheduled libscheduled-dev >/dev/null
left=$(find "$root/usr" -name '*scheduled*')
[[ -z $left ]] || { echo "left behind: $left"; exit 1; }
echo "debian $(cat "$root/etc/debian_version"): installed, used, built against, removed"
