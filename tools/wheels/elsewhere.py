"""Programs and wheels of any machine in a root with Debian's newest CPython (debian_python.sh): here, or by qemu."""

import os
import pathlib
import shutil
import subprocess

SUITE, VERSION = "forky", "3.14"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
HERE = pathlib.Path(__file__).resolve().parent

# What the kernel is told of programs of aarch64: the head of an ELF file, and which bits of it count. It is told so in
# a namespace of its own, and nothing else on the system sees it.
BINFMT = (
    r":qemu:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:{}:F"
)
INSIDE = """set -e
mount --rbind /dev "$1/dev" && mount --rbind /proc "$1/proc"
if [ -n "$BINFMT" ]; then
  mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  printf %s "$BINFMT" > /proc/sys/fs/binfmt_misc/register
fi
exec chroot "$1" sh -c 'cd "$0" && exec "$@"' "$FOLDER" "${@:2}"
"""


def here(machine):
    return os.uname().machine == machine


def qemu(machine):
    program = shutil.which(f"qemu-{machine}-static")
    if not program:
        raise SystemExit(f"wheels: nothing runs programs of {machine}: apt-get install qemu-user-static")
    return program


def root(folder, machine):
    """The root of a machine below a folder, made the first time."""
    script = HERE / "debian_python.sh"
    subprocess.run([script, ARCHITECTURES[machine], SUITE, VERSION, folder / "root"], check=True)
    return folder / "root"


def emulator(folder, machine):
    """The words before a program of a machine; none where it is this one's."""
    return [] if here(machine) else [qemu(machine), "-L", root(folder, machine)]


def run_python(folder, machine, *words, inside="/"):
    """Runs the root's Python in a folder there; programs that it starts run, too."""
    place = root(folder, machine)
    env = {
        "PATH": "/usr/local/bin:/usr/sbin:/usr/bin",
        "HOME": "/tmp",
        "LC_ALL": "C.UTF-8",
        "FOLDER": inside,
        "SCHEDULED_COMMAND": "/usr/local/bin/scheduled",
        "BINFMT": "" if here(machine) else BINFMT.format(qemu(machine)),
    }
    command = [
        "unshare",
        "--map-root-user",
        "--mount",
        "bash",
        "-c",
        INSIDE,
        "bash",
        place,
        f"/usr/bin/python{VERSION}",
        *words,
    ]
    print("+", f"{machine}: python{VERSION}", *words, flush=True)
    subprocess.run(command, env=env, check=True)


def install(folder, machine, python, wheel, extra=""):
    """A wheel and what it needs into the root, as pip does it there; python has the pip that downloads them."""
    place = root(folder, machine)
    shutil.rmtree(place / "wheels", ignore_errors=True)
    command = [python, "-m", "pip", "download", "--quiet", "--dest", place / "wheels", "--only-binary=:all:"]
    command += ["--implementation", "cp", "--python-version", VERSION]
    command += [word for glibc in ("2_28", "2_17") for word in ("--platform", f"manylinux_{glibc}_{machine}")]
    subprocess.run([*command, "pip", f"{wheel}{extra}"], check=True)
    (pip,) = (place / "wheels").glob("pip-*.whl")
    name = wheel.name.partition("-")[0] + extra
    options = [
        "--no-index",
        "--find-links",
        "/wheels",
        "--break-system-packages",
        "--force-reinstall",
        "--no-compile",
        "--quiet",
    ]
    options += ["--root-user-action", "ignore"]
    run_python(folder, machine, f"/wheels/{pip.name}/pip", "install", *options, name)
