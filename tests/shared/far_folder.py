"""A network file system as one machine sees it: python3 far_folder.py SERVER_FOLDER MOUNT SECONDS [nolinks] (in the foreground).

Several of these on one folder are several machines on one server, as with NFS without its lock manager:
- locks hold on the machine that asks for them alone;
- what is there, what is not, what a folder lists and how large a file is, may be as old as SECONDS; opening a file that is
  there asks the server;
- what is written is on the server when the file is synced or closed, and lost where the machine dies before;
- making a file that must not exist, links, renames and removals are done by the server, at once and for all. With `nolinks`
  it has no hard links. Renames always replace, as libfuse 2 has no other.
Needs Debian's python3-fusepy, or fusepy from PyPI with libfuse 2.
"""
import errno
import os
import stat
import sys
import threading
import time

try:
    import fuse
except ImportError:
    import fusepy as fuse  # Debian's name for it


class Far(fuse.Operations):
    use_ns = True

    def __init__(self, server, seconds, links):
        self.server, self.seconds, self.links = server, seconds, links
        self.guard = threading.RLock()
        self.seen = {}     # (question, path): (when, answer)
        self.waiting = {}  # file handle: [(offset, bytes)] that the server does not have yet

    def at(self, path):
        return self.server + path

    # what this machine remembers

    def ask(self, question, path, call):
        with self.guard:
            when, answer = self.seen.get((question, path), (None, None))
            if when is None or time.monotonic() - when > self.seconds:
                try:
                    answer = call()
                except OSError as error:
                    answer = error
                self.seen[question, path] = (time.monotonic(), answer)
        if isinstance(answer, OSError):
            raise fuse.FuseOSError(answer.errno)
        return answer

    def forget(self, *paths):
        with self.guard:
            for path in paths:
                for question, name in (("attributes", path), ("names", path), ("names", os.path.dirname(path)),
                                       ("attributes", os.path.dirname(path))):
                    self.seen.pop((question, name), None)

    def getattr(self, path, handle=None):
        def attributes():
            found = os.lstat(self.at(path))
            out = {name: getattr(found, name) for name in ("st_mode", "st_ino", "st_nlink", "st_uid", "st_gid", "st_size")}
            return {**out, "st_mtime": found.st_mtime_ns, "st_atime": found.st_atime_ns, "st_ctime": found.st_ctime_ns}

        out = dict(self.ask("attributes", path, attributes))
        with self.guard:  # what was written here is known here
            ends = [offset + len(data) for other, of in self.waiting.items() if of[0] == path for offset, data in of[1]]
        out["st_size"] = max([out["st_size"], *ends])
        return out

    def readdir(self, path, handle):
        return [".", "..", *self.ask("names", path, lambda: os.listdir(self.at(path)))]

    # files

    def opened(self, path, number):
        with self.guard:
            self.waiting[number] = (path, [])
        self.forget(path)
        return number

    def open(self, path, flags):
        return self.opened(path, os.open(self.at(path), flags & ~(os.O_CREAT | os.O_EXCL)))

    def create(self, path, mode, info=None):
        try:
            # The kernel asks whether it is there before it asks for a new one: whoever makes it now was quicker.
            return self.opened(path, os.open(self.at(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode))
        finally:
            self.forget(path)

    def send(self, handle):
        with self.guard:
            path, parts = self.waiting[handle]
            for offset, data in parts:
                os.pwrite(handle, data, offset)
            if parts:
                parts.clear()
                self.forget(path)

    def read(self, path, size, offset, handle):
        with self.guard:
            for other, (name, parts) in list(self.waiting.items()):
                if name == path and parts:
                    self.send(other)
        known = self.getattr(path)["st_size"]
        return os.pread(handle, max(0, min(size, known - offset)), offset)

    def write(self, path, data, offset, handle):
        with self.guard:
            self.waiting[handle][1].append((offset, bytes(data)))
        return len(data)

    def flush(self, path, handle):
        self.send(handle)

    def fsync(self, path, datasync, handle):
        self.send(handle)
        os.fsync(handle)

    def release(self, path, handle):
        self.send(handle)
        with self.guard:
            del self.waiting[handle]
        os.close(handle)

    def truncate(self, path, length, handle=None):
        with self.guard:
            for other, (name, parts) in list(self.waiting.items()):
                if name == path and parts:
                    self.send(other)
        os.truncate(self.at(path), length)
        self.forget(path)

    # names

    def changed(self, call, *paths):
        try:
            return call()
        finally:
            self.forget(*paths)

    def mkdir(self, path, mode):
        return self.changed(lambda: os.mkdir(self.at(path), mode), path)

    def rmdir(self, path):
        return self.changed(lambda: os.rmdir(self.at(path)), path)

    def unlink(self, path):
        return self.changed(lambda: os.unlink(self.at(path)), path)

    def rename(self, old, new):
        return self.changed(lambda: os.rename(self.at(old), self.at(new)), old, new)

    def link(self, target, source):
        if not self.links:
            raise fuse.FuseOSError(errno.EPERM)
        return self.changed(lambda: os.link(self.at(source), self.at(target), follow_symlinks=False), target, source)

    def symlink(self, target, source):
        return self.changed(lambda: os.symlink(source, self.at(target)), target)

    def readlink(self, path):
        return os.readlink(self.at(path))

    def chmod(self, path, mode):
        return self.changed(lambda: os.chmod(self.at(path), stat.S_IMODE(mode)), path)

    def chown(self, path, user, group):
        return self.changed(lambda: os.lchown(self.at(path), user, group), path)

    def utimens(self, path, times=None):
        # The server's clock, whatever the machine believes.
        return self.changed(lambda: os.utime(self.at(path)), path)

    def access(self, path, mode):
        if not os.access(self.at(path), mode):
            raise fuse.FuseOSError(errno.EACCES)

    def statfs(self, path):
        found = os.statvfs(self.server)
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_frsize", "f_namemax")
        return {name: getattr(found, name) for name in names}


def main():
    server, mount, seconds, *links = sys.argv[1:]
    fuse.FUSE(Far(os.path.realpath(server), float(seconds), not links), mount, foreground=True, use_ino=True, direct_io=True,
              attr_timeout=0, entry_timeout=0, negative_timeout=0, ac_attr_timeout=0, default_permissions=False)


if __name__ == "__main__":
    main()
