# A minimal Debian 12 for the scripts beside: sourced by them. SCHEDULED_DEBIAN_ROOT names a folder for it; it is made there once, in
# `fresh`, and used as a copy, `used`. Needs root, network and debootstrap, 1.5 GB and some minutes.
skip() { echo "skipped: $*"; exit 77; }
[[ -n ${SCHEDULED_DEBIAN_ROOT:-} ]] || skip 'SCHEDULED_DEBIAN_ROOT names no folder for a Debian 12'
command -v debootstrap >/dev/null || skip 'debootstrap is missing'
[[ $(id -u) -eq 0 ]] || skip 'only root can make a Debian 12'
mkdir -p "$SCHEDULED_DEBIAN_ROOT" && folder=$(realpath "$SCHEDULED_DEBIAN_ROOT") && root=$folder/used
if [[ ! -e $folder/complete ]]; then
  rm -rf "$folder/fresh" && debootstrap --variant=minbase bookworm "$folder/fresh" http://deb.debian.org/debian >/dev/null
  touch "$folder/complete"
fi
rm -rf "$root" && cp -a "$folder/fresh" "$root"
inside() {
  unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
install() { inside apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >/dev/null; }
inside apt-get update -qq
