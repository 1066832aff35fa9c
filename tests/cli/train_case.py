"""What the tests of scheduled train share: a tiny model, its reference in plain Python, and how a run is looked at."""

import array
import csv
import io
import json
import math
import os
import random
import struct
import subprocess
import sys
import time

import command

TRAINER = command.COMMAND.parent / "scheduled-train"
MODEL = {"layers": 2, "width": 16, "heads": 2, "context": 16, "mlp": 24}
CONFIG = {
    "data": {"train": ["text"], "validation_bytes": 2000},
    "model": MODEL,
    "batch": 4,
    "seed": 3,
    "schedule": "rsqrt(warmup=20, peak=1e-2)",
    "log_every": 7,
    "evaluate": {"every": 50, "batches": 2},
    "checkpoint_every": 60,
}


def words(count, seed=1):
    """Text with something to learn in it."""
    draw = random.Random(seed)
    return " ".join(draw.choice(["the", "rate", "of", "an", "update", "falls", "and", "rises"]) for _ in range(count))


def tensors(path, dtype="F32", code="f"):
    """{name: (shape, values)} of a safetensors file, by the format's description."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    out = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = array.array(code, data[8 + length + begin : 8 + length + end])
        assert entry["dtype"] == dtype and math.prod(entry["shape"]) == len(values)
        out[name] = (entry["shape"], values)
    return out


class TrainTest(command.CommandTest):
    def setUp(self):
        super().setUp()
        (self.folder / "text").write_text(words(60000))
        self.configure()

    def configure(self, name="c.json", **changes):
        (self.folder / name).write_text(json.dumps({**CONFIG, **changes}))

    def train(self, run, *arguments, config="c.json"):
        return json.loads(self.output_of("train", run, "--config", config, *arguments, "--json"))

    def files(self, run, line, step):
        """The bytes of a checkpoint's files."""
        folder = self.folder / run / "checkpoints" / f"{line}-{step}"
        return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != ".scheduled.json"}

    def logged(self, run, line="trunk"):
        return self.output_of("run", "export", run, "--line", line, "--csv")

    def rows(self, run, line="trunk"):
        """{step: {name: value}} of what was logged."""
        rows = csv.DictReader(io.StringIO(self.logged(run, line)))
        return {int(row.pop("step")): {name: float(text) for name, text in row.items() if text} for row in rows}

    def sessions(self, run):
        """How many sessions are on record; 0 while there is no record."""
        if not (self.folder / run / "record").exists():
            return 0
        return len(json.loads(self.output_of("run", "status", run, "--json"))["sessions"])

    def begin(self, *arguments):
        return subprocess.Popen(
            [command.COMMAND, "train", *map(str, arguments)],
            cwd=self.folder,
            env=command.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def wait_for_checkpoint(self, process, run, least=1):
        """Until so many are committed; the test fails where the process ends before."""
        folder = self.folder / run / "checkpoints"
        while process.poll() is None:
            if folder.is_dir() and len(list(folder.iterdir())) >= least:
                return
            time.sleep(0.002)
        self.fail(f"ended early: {process.communicate()}")


def forward(weights, window):
    """Sum of the negative log-likelihoods of the bytes after the first, in double precision, by the definitions."""
    width, heads = MODEL["width"], MODEL["heads"]
    size = width // heads

    def matrix(name):
        (rows, columns), values = weights[name]
        return [values[k * columns : (k + 1) * columns] for k in range(rows)]

    def apply(name, x):
        rows = matrix(name)
        return [[math.fsum(a * b for a, b in zip(row, vector)) for row in rows] for vector in x]

    def norm(name, x):
        gain = weights[name][1]
        out = []
        for vector in x:
            root = math.sqrt(math.fsum(v * v for v in vector) / width + 1e-6)
            out.append([v / root * g for v, g in zip(vector, gain)])
        return out

    def turn(vector, position):
        out = []
        for j in range(size // 2):
            angle = position / 10000.0 ** (2 * j / size)
            a, b = vector[2 * j], vector[2 * j + 1]
            out += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
        return out

    def softmax(scores):
        top = max(scores)
        values = [math.exp(s - top) for s in scores]
        total = math.fsum(values)
        return [v / total for v in values]

    embedding = matrix("embedding")
    x = [list(embedding[byte]) for byte in window[:-1]]
    for k in range(MODEL["layers"]):
        qkv = apply(f"layers.{k}.attention.qkv", norm(f"layers.{k}.attention.norm", x))
        mixed = [[] for _ in x]
        for head in range(heads):
            at = head * size
            q = [turn(row[at : at + size], p) for p, row in enumerate(qkv)]
            key = [turn(row[width + at : width + at + size], p) for p, row in enumerate(qkv)]
            value = [row[2 * width + at : 2 * width + at + size] for row in qkv]
            for p in range(len(x)):
                share = softmax([math.fsum(a * b for a, b in zip(q[p], key[s])) / math.sqrt(size) for s in range(p + 1)])
                mixed[p] += [math.fsum(share[s] * value[s][j] for s in range(p + 1)) for j in range(size)]
        x = [[a + b for a, b in zip(u, v)] for u, v in zip(x, apply(f"layers.{k}.attention.out", mixed))]
        both = apply(f"layers.{k}.mlp.gate_up", norm(f"layers.{k}.mlp.norm", x))
        hidden = MODEL["mlp"]
        gated = [[g / (1 + math.exp(-g)) * u for g, u in zip(row[:hidden], row[hidden:])] for row in both]
        x = [[a + b for a, b in zip(u, v)] for u, v in zip(x, apply(f"layers.{k}.mlp.down", gated))]
    logits = apply("head", norm("norm", x))
    return math.fsum(-math.log(softmax(row)[target]) for row, target in zip(logits, window[1:]))


def main():
    if not TRAINER.exists():
        print("skipped: scheduled-train was not built (it needs LibTorch: apt-get install libtorch-dev)")
        sys.exit(command.SKIPPED)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    command.main()
