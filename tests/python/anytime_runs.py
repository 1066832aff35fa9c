"""What tests of the run store share: a small training program, and the schedule of its runs."""

import pickle

import numpy as np
import pytest
import scheduled

pytest.importorskip("scheduled.anytime", exc_type=ImportError)
RunStore = scheduled.RunStore
TRUNK = "rsqrt(warmup=10, peak=0.5)"


class Trainer:
    """SGD on least squares: a few parameters, one random example per step."""

    def __init__(self, run, line="trunk"):
        self.run, self.line = run, line
        at = run.resume(line)
        self.step, self.session = at.step, at.session
        self.rng = np.random.Generator(np.random.PCG64(17))
        self.x = np.zeros(4)
        if at.folder is not None:
            self.x = np.load(at.folder / "x.npy")
            self.rng.bit_generator.state = pickle.loads(at.checkpoint.rng_state)

    def train(self, steps, log=True):
        for _ in range(steps):
            a = self.rng.standard_normal(4)
            error = a @ (self.x - np.arange(4))
            lr = self.run.lr(self.step, self.line)
            self.x -= 0.1 * lr * error * a
            self.step += 1
            if log:
                self.run.log(self.step, {"lr": lr, "train_loss": np.float64(error**2)}, self.line)
        return self

    def commit(self, **more):
        return self.run.commit(
            self.step,
            lambda folder: np.save(folder / "x.npy", self.x),
            self.line,
            data_position=f"example {self.step}",
            rng_state=pickle.dumps(self.rng.bit_generator.state),
            session=self.session,
            **more,
        )


def write(folder):
    (folder / "model.bin").write_bytes(b"weights")
