#!/usr/bin/env python3
"""An anytime trainer in JAX and optax: a GPT on bytes, one trunk without a horizon, a cooldown for each result.

    python examples/jax/train.py RUN --results 300 600

Killed at any moment, the same command goes on where it was, to the same bits. RUN is a run store with orbax's
checkpoints: `scheduled run status RUN`, `scheduled run export RUN`.
"""

import argparse
import os
import time
from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
from scheduled import OmegaStream, RunStore, Schedule, plan_anytime
from scheduled.optax import as_optax


def make_model(key, width, layers, context, symbols=256):
    """Its parameters, all in one tree."""

    def matrix(name, rows, columns, deep=False):
        std = 0.02 / ((2 * layers) ** 0.5 if deep else 1.0)
        return std * jax.random.normal(jax.random.fold_in(key, hash_of(name)), (rows, columns))

    def block(k):
        return {
            "attention_norm": jnp.ones(width),
            "mlp_norm": jnp.ones(width),
            "qkv": matrix(f"qkv{k}", width, 3 * width),
            "out": matrix(f"out{k}", width, width, deep=True),
            "up": matrix(f"up{k}", width, 4 * width),
            "down": matrix(f"down{k}", 4 * width, width, deep=True),
        }

    return {
        "token": matrix("token", symbols, width),
        "position": matrix("position", context, width),
        "blocks": [block(k) for k in range(layers)],
        "norm": jnp.ones(width),
        "head": matrix("head", width, symbols),
    }


def hash_of(name):
    """The same number in every process, unlike hash()."""
    return sum((k + 1) * ord(letter) for k, letter in enumerate(name))


def norm_of(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(jnp.square(x), axis=-1, keepdims=True) + 1e-6) * weight


def loss_of(model, rows, heads):
    tokens, targets = rows[:, :-1], rows[:, 1:]
    x = model["token"][tokens] + model["position"][: tokens.shape[1]]
    for block in model["blocks"]:
        q, k, v = jnp.split(norm_of(x, block["attention_norm"]) @ block["qkv"], 3, axis=-1)
        q, k, v = (part.reshape(*part.shape[:2], heads, -1) for part in (q, k, v))
        y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        x = x + y.reshape(x.shape) @ block["out"]
        x = x + jax.nn.gelu(norm_of(x, block["mlp_norm"]) @ block["up"]) @ block["down"]
    logits = norm_of(x, model["norm"]) @ model["head"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()


class Data:
    """Random windows of a file of bytes; which, depends only on seed and update, so there is no state to keep."""

    def __init__(self, arguments):
        text = Path(arguments.data).read_bytes() if arguments.data else made_up_text()
        whole = np.frombuffer(text, np.uint8).astype(np.int32)
        held_out = max(len(whole) // 20, 2 * arguments.context)
        self.parts = {"train": whole[:-held_out], "val": whole[-held_out:]}
        self.batch, self.context, self.seed = arguments.batch, arguments.context, arguments.seed

    def __call__(self, update, part="train"):
        source = self.parts[part]
        starts = np.random.default_rng([self.seed, update]).integers(len(source) - self.context - 1, size=self.batch)
        return np.stack([source[start : start + self.context + 1] for start in starts])


def made_up_text(sentences=10_000):
    """Sentences that count, for a first try without a file."""
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    pairs = ((n * n % 10, (n * 7 + 3) % 10) for n in range(sentences))
    return "".join(f"{words[a]} and {words[b]} make {a + b + 2}. " for a, b in pairs).encode()


@cache
def make_update(schedule, heads):
    """The optimizer of a line and its jitted update; the rate is computed in there, from the count in optax's state."""
    adam = optax.adamw(as_optax(schedule), b1=0.9, b2=0.95, weight_decay=0.1)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), adam)

    @partial(jax.jit, donate_argnums=(0, 1))
    def update(model, state, rows):
        loss, gradient = jax.value_and_grad(loss_of)(model, rows, heads)
        change, state = optimizer.update(gradient, state, model)
        return optax.apply_updates(model, change), state, loss, optax.global_norm(gradient)

    return optimizer, update


class Trainer:
    def __init__(self, run, arguments):
        self.run, self.arguments, self.data, self.made = run, arguments, Data(arguments), 0
        self.loss = jax.jit(partial(loss_of, heads=arguments.heads))
        self.saver = ocp.StandardCheckpointer()

    def load(self, at, optimizer):
        """Model, optimizer's state and bound at a checkpoint, or from scratch."""
        shape = self.arguments
        model = make_model(jax.random.key(shape.seed), shape.width, shape.layers, shape.context)
        state = optimizer.init(model)
        if at.folder is None:
            return model, state, OmegaStream()
        model, state = self.saver.restore(at.folder / "state", (model, state))
        return model, state, OmegaStream.restore((at.folder / "bound.json").read_text())

    def train(self, line, until, keep):
        """Updates of a line up to a step, with a checkpoint at its end."""
        at = self.run.resume(line, dry_run=True)
        if at.step >= until:
            return
        at = self.run.resume(line)
        optimizer, update = make_update(at.schedule, self.arguments.heads)
        model, state, bound = self.load(at, optimizer)
        waiting = None  # the numbers of the update before, so that the device never waits for the host
        for step in range(at.step, until):
            if self.made == self.arguments.kill_at:
                os.kill(os.getpid(), 9)
            self.made += 1
            model, state, loss, norm = update(model, state, self.data(step))
            if waiting is not None:
                self.log(at, bound, line, *waiting)
            waiting = step, loss, norm
            if step + 1 == until or (step + 1) % self.arguments.every == 0:
                self.log(at, bound, line, *waiting)
                waiting = None
                self.evaluate(at, model, line, step + 1)
                self.commit(at, line, step + 1, (model, state), bound, keep and step + 1 == until)

    def log(self, at, bound, line, step, loss, norm):
        omega = bound.push(at.schedule.lr(step), float(norm)) if np.isfinite(norm) else bound.push(0.0)
        numbers = {"train_loss": float(loss), "grad_norm": float(norm), "omega": omega}
        self.run.log(step + 1, numbers, line, session=at.session)

    def evaluate(self, at, model, line, step):
        loss = np.mean([float(self.loss(model, self.data(number, "val"))) for number in range(4)])
        self.run.log(step, {"val_loss": loss}, line, session=at.session)
        print(f"{line} {step}: lr {at.schedule.lr(step - 1):.3g}, val_loss {loss:.4f}", flush=True)

    def commit(self, at, line, step, tree, bound, keep):
        def write(folder):
            self.saver.save(folder / "state", tree)
            (folder / "bound.json").write_text(bound.save())
            self.saver.wait_until_finished()  # when this returns, the record says committed

        self.run.commit(step, write, line, keep=keep, session=at.session)
        self.run.gc()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=lambda text: Path(text).absolute(), help="folder of the run store")
    parser.add_argument("--trunk", default="rsqrt(warmup=50, peak=3e-3)", help="schedule without a horizon")
    parser.add_argument("--results", type=int, nargs="+", default=[300, 600], help="total budgets in updates")
    parser.add_argument("--cooldown", default="20%", help="of each result")
    parser.add_argument("--decay", default="1-sqrt", help="shape of the cooldowns")
    parser.add_argument("--every", type=int, default=100, help="updates between checkpoints")
    parser.add_argument("--data", help="a file of bytes")
    for name, default in {"batch": 16, "context": 128, "width": 128, "layers": 4, "heads": 4, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--kill-at", type=int, help="for tests: kill -9 oneself before this update of the process")
    return parser.parse_args()


def main():
    arguments = parse()
    trunk = Schedule(arguments.trunk)
    plan = plan_anytime(trunk, arguments.results, arguments.cooldown, decay=arguments.decay)
    there = arguments.run.is_dir() and any(arguments.run.iterdir())
    began = time.perf_counter()
    with RunStore.open(arguments.run) if there else RunStore.init(arguments.run, trunk) as run:
        trainer = Trainer(run, arguments)
        for branch in plan.branches:
            name = f"result-{branch.result}"
            lines = {line.name: line for line in run.record().lines}
            if name not in lines:
                trainer.train("trunk", branch.start, keep=True)
                run.branch(name, branch.start, branch.cooldown, decay=arguments.decay)
            if name not in lines or not lines[name].finished:
                trainer.train(name, branch.result, keep=False)
    print(f"{trainer.made * arguments.batch * arguments.context / (time.perf_counter() - began):.0f} tokens/s")


if __name__ == "__main__":
    main()
