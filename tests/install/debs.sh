#!/usr/bin/env bash
# Makes the Debian packages of a build, unpacks them and uses them. usage: debs.sh SOURCE_DIR BUILD_DIR WORK_DIR
set -euo pipefail
source_dir=$1 build_dir=$2 work=$3
command -v dpkg-shlibdeps >/dev/null || { echo 'skipped: dpkg-dev is missing'; exit 77; }
rm -rf "$work" && mkdir -p "$work"
cpack --config "$build_dir/CPackConfig.cmake" -B "$work/debs"
for name in scheduled libscheduled-dev; do
  dpkg-deb -x "$work"/debs/"${name}"_*.deb "$work/root"
  [[ -s $work/root/usr/share/doc/$name/copyright ]]
done
fields=$(dpkg-deb -f "$work"/debs/scheduled_*.deb)
[[ $fields == *'Depends: '*libc6*libhwy1*libsqlite3-0* ]] || { echo "$fields"; exit 1; }
contents=$(dpkg-deb -c "$work"/debs/scheduled_*.deb)
[[ $contents != *'/include/'* && $contents != *'.a'$'\n'* && $contents != *bin/scheduled-train* ]] || { echo "$contents"; exit 1; }
[[ $contents == *man1/scheduled-run-plan.1.gz* && $contents == *vendor_completions.d/scheduled.fish* ]] || { echo "$contents"; exit 1; }
[[ $("$work/root/usr/bin/scheduled" tune 'wsd(steps=50k)') == *0.00230049* ]]
read -ra flags <<< "$(PKG_CONFIG_PATH=$work/root/usr/lib/pkgconfig pkg-config --cflags --libs scheduled)"
gcc -std=c99 "$source_dir/tests/install/main.c" "${flags[@]}" -o "$work/program"
[[ $("$work/program") == 'linear(steps=3, '*': 1' ]]
