"""A small model of the run store: what a run must look like after any row of operations. Written from the guide, not from
the sources: it keeps, for each line, the row of its live checkpoints, and for each checkpoint the row that ended in it."""

import dataclasses


@dataclasses.dataclass
class Checkpoint:
    id: int
    line: str
    step: int
    keep: bool
    folder: str
    path: tuple  # ids of the line's live checkpoints up to this one
    mark: str = ""  # "", "damaged", "deleted"
    bytes: str = "sound"  # "sound", "flipped", "away"


@dataclasses.dataclass
class Line:
    name: str
    end: int | None = None
    origin: int | None = None  # where it left another line
    path: tuple = ()
    begun: int = 0  # where it was last resumed


class Refused(Exception):
    """The operation must fail."""


class Model:
    def __init__(self):
        self.lines = {"trunk": Line("trunk")}
        self.checkpoints = []

    def one(self, number):
        return self.checkpoints[number - 1]

    def live(self, line):
        return [self.one(k) for k in self.lines[line].path if not self.one(k).mark]

    def points(self, line):
        """Where the line may go on, best first."""
        points = self.live(line)
        origin = self.lines[line].origin
        if origin is not None and not self.one(origin).mark:
            points.append(self.one(origin))
        return sorted(points, key=lambda c: -c.step)

    def passed_over(self, line):
        out = []
        live = set(self.lines[line].path)
        for c in reversed(self.checkpoints):
            if c.line == line and c.id in live and not c.mark:
                break
            if c.line == line and c.mark == "damaged":
                out.append(c)
        return out

    def step(self, line):
        points = self.points(line)
        start = self.one(self.lines[line].origin).step if self.lines[line].origin else 0
        return max(start, points[0].step) if points else start

    def finished(self, line):
        end = self.lines[line].end
        return end is not None and self.step(line) >= end

    def state(self, c):
        return c.mark or ("live" if c.id in self.lines[c.line].path else "superseded")

    def commit(self, line, step, keep, folder):
        if self.finished(line) or step <= max(self.step(line), self.lines[line].begun) or (self.lines[line].end or step) < step:
            raise Refused
        number = len(self.checkpoints) + 1
        path = (*self.lines[line].path, number)
        self.checkpoints.append(Checkpoint(number, line, step, keep, folder, path))
        self.lines[line].path = path

    def branch(self, name, cooldown, line):
        points = self.points(line)
        if name in self.lines or not points or points[0].step <= 10 or points[0].bytes != "sound":
            raise Refused
        if self.finished(line):  # at the rate 0
            raise Refused
        self.lines[name] = Line(name, points[0].step + cooldown, points[0].id, begun=points[0].step)

    def resume(self, line, step=None):
        goes_back = step is not None and self.lines[line].end and step < self.lines[line].end
        if self.finished(line) and not goes_back:
            raise Refused
        points = sorted(self.points(line) + self.passed_over(line), key=lambda c: -c.step)
        if step is not None:
            here = [c for c in points if c.step == step]
            if not here:
                here = [c for c in reversed(self.checkpoints)
                        if c.line == line and c.step == step and self.state(c) in ("superseded", "damaged")]
            if not here:
                raise Refused
            points = here
        bad = []
        for c in points:
            if c.bytes == "sound":
                break
            bad.append(c)
        else:
            if points or self.lines[line].origin or any(c.line == line for c in self.checkpoints):
                raise Refused
            self.lines[line].path = ()
            self.lines[line].begun = 0
            return 0
        for other in bad:
            other.mark = "damaged"
        c.mark = ""
        self.lines[line].path = c.path if c.line == line else ()
        self.lines[line].begun = c.step
        return c.step

    def clear(self):
        kept = [c for name in self.lines for c in self.passed_over(name)]
        for c in self.checkpoints:
            if c.mark == "damaged" and c.bytes == "sound" and c not in kept:
                c.mark = ""

    def gc(self, keep_last):
        needed, used = set(), set()
        for name in self.lines:
            points = self.points(name)
            if self.finished(name):
                needed.add(points[0].id)
                for c in points:
                    if c.bytes != "flipped":
                        needed.add(c.id)
                    if c.bytes == "sound":
                        break
                used |= {c.id for c in points if c.line != name}
                continue
            sound = 0
            for c in sorted(points + self.passed_over(name), key=lambda c: -c.step):
                if c.line != name:
                    needed.add(c.id)
                if sound == keep_last:
                    continue
                sound += c.bytes == "sound"
                if c.bytes != "flipped":
                    needed.add(c.id)
            if points and sound == 0:
                raise Refused
        needed |= {c.id for c in self.checkpoints if c.keep and self.state(c) == "live" and c.id not in used}
        needed |= {c.id for c in self.checkpoints if c.mark == "damaged" and c.bytes != "flipped"}
        for c in self.checkpoints:
            if c.id not in needed and c.mark != "deleted" and c.bytes != "away":
                c.mark = "deleted"
                c.bytes = "sound"
