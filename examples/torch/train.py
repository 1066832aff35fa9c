#!/usr/bin/env python3
"""An anytime trainer in PyTorch: a GPT on bytes, one trunk without a horizon, a cooldown for each result.

    python examples/torch/train.py RUN --results 300 600                       # one process
    torchrun --nproc-per-node 2 examples/torch/train.py RUN --results 300 600  # several: DDP, or FSDP2 with --shard

Killed at any moment, the same command goes on where it was, to the same bits where the device computes alike twice. RUN
is a run store: `scheduled run status RUN`, `scheduled run export RUN`.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.mlp_norm = nn.RMSNorm(width), nn.RMSNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.mlp_norm(x))))


class GPT(nn.Module):
    def __init__(self, width, layers, heads, context, symbols=256):
        super().__init__()
        self.token, self.position = nn.Embedding(symbols, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.RMSNorm(width), nn.Linear(width, symbols, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                deep = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * layers) ** 0.5 if deep else 1.0))

    def forward(self, tokens, targets):
        x = self.token(tokens) + self.position(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


class Data:
    """Random windows of a file of bytes; which, depends only on seed, update and rank, so there is no state to keep."""

    def __init__(self, arguments, device, rank):
        text = Path(arguments.data).read_bytes() if arguments.data else made_up_text()
        self.bytes = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        held_out = max(len(text) // 20, 2 * arguments.context)
        self.parts = {"train": self.bytes[:-held_out], "val": self.bytes[-held_out:]}
        self.batch, self.context, self.seed = arguments.batch, arguments.context, arguments.seed
        self.device, self.rank = device, rank

    def __call__(self, update, part="train"):
        generator = torch.Generator().manual_seed((self.seed << 40) + (update << 12) + self.rank)
        source = self.parts[part]
        starts = torch.randint(len(source) - self.context - 1, (self.batch,), generator=generator)
        rows = torch.stack([source[start : start + self.context + 1] for start in starts.tolist()])
        if self.device.type == "cuda":
            rows = rows.pin_memory().to(self.device, non_blocking=True)
        rows = rows.long()
        return rows[:, :-1], rows[:, 1:]


def made_up_text(sentences=10_000):
    """Sentences that count, for a first try without a file."""
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    pairs = ((n * n % 10, (n * 7 + 3) % 10) for n in range(sentences))
    return "".join(f"{words[a]} and {words[b]} make {a + b + 2}. " for a, b in pairs).encode()


def distribute(model, arguments, device):
    """The model over the ranks."""
    if not dist.is_initialized():
        return model
    if not arguments.shard:
        return nn.parallel.DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None)
    from torch.distributed.fsdp import fully_shard

    mesh = dist.init_device_mesh(device.type, (dist.get_world_size(),))
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    return fully_shard(model, mesh=mesh)


class Plain:
    """A loop of as many updates without schedule, run store and bound: what the others are compared with."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        for step in range(self.count):
            yield SimpleNamespace(step=step, last=step == self.count - 1, log=lambda **metrics: None)


WARM = 10  # updates before the clock starts


class Clock:
    """The time of the updates from the first warm one to the first checkpoint."""

    def __init__(self, device):
        self.device, self.began, self.seconds, self.updates = device, None, None, 0

    def now(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def start(self):
        self.began = self.now()

    def stop(self, updates):
        if self.began is not None and self.seconds is None and updates > 0:
            self.seconds, self.updates = self.now() - self.began, updates


def make_loop(arguments, modules, writer):
    if arguments.plain:
        return Plain(max(arguments.results))
    from scheduled.torch import AnytimeLoop, BoundMonitor

    def on_log(line, step, numbers):
        if writer is not None:
            for name, number in numbers.items():
                writer.add_scalar(f"{line}/{name}", number, step)

    return AnytimeLoop(
        arguments.run, arguments.trunk, modules, results=arguments.results, cooldown=arguments.cooldown,
        decay=arguments.decay, every=arguments.every, format="dcp", monitor=BoundMonitor(), on_log=on_log,
        data=arguments.data or "made up", code_version="examples/torch/train.py",
    )  # fmt: skip


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="folder of the run store")
    parser.add_argument("--trunk", default="rsqrt(warmup=50, peak=3e-3)", help="schedule without a horizon")
    parser.add_argument("--results", type=int, nargs="+", default=[300, 600], help="total budgets in updates")
    parser.add_argument("--cooldown", default="20%", help="of each result")
    parser.add_argument("--decay", default="1-sqrt", help="shape of the cooldowns")
    parser.add_argument("--every", type=int, default=100, help="updates between checkpoints")
    parser.add_argument("--data", help="a file of bytes")
    for name, default in {"batch": 16, "context": 128, "width": 128, "layers": 4, "heads": 4, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--shard", action="store_true", help="FSDP2 instead of DDP")
    parser.add_argument("--compile", action="store_true", help="torch.compile the model")
    parser.add_argument("--tensorboard", help="folder of TensorBoard's logs")
    parser.add_argument("--plain", action="store_true", help="the same updates without schedule, store and bound")
    parser.add_argument("--kill-at", type=int, help="for tests: kill -9 oneself before this update of the process")
    return parser.parse_args()


def start():
    """Device and rank of this process."""
    rank = int(os.environ.get("RANK", 0))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("high")
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device, rank


def main():
    arguments = parse()
    device, rank = start()
    torch.manual_seed(arguments.seed)
    model = GPT(arguments.width, arguments.layers, arguments.heads, arguments.context).to(device)
    model = distribute(model, arguments, device)
    groups = [
        {"params": [p for p in model.parameters() if p.dim() == 2], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() != 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95), fused=device.type == "cuda")
    data = Data(arguments, device, rank)
    writer = None
    if arguments.tensorboard and rank == 0:
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(arguments.tensorboard)
    half = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" and torch.cuda.is_bf16_supported())
    forward = torch.compile(model) if arguments.compile else model

    def loss_of(update, part="train"):
        with half:
            return forward(*data(update, part))

    clock = Clock(device)
    torch.manual_seed(arguments.seed + rank)
    for made, update in enumerate(make_loop(arguments, {"model": model, "optimizer": optimizer}, writer)):
        if made == arguments.kill_at:
            os.kill(os.getpid(), 9)
        if made == WARM:
            clock.start()
        loss = loss_of(update.step)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        update.log(train_loss=loss.detach(), grad_norm=norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
        checkpoint = update.last or (update.step + 1) % arguments.every == 0
        if checkpoint:
            clock.stop(made + 1 - WARM)
        if checkpoint and not arguments.plain:
            with torch.no_grad():
                loss = torch.stack([loss_of(number, "val") for number in range(4)]).mean()
            if dist.is_initialized():
                dist.all_reduce(loss)
                loss /= dist.get_world_size()
            update.log(val_loss=loss)
            if rank == 0:
                print(f"{update.line} {update.step + 1}: lr {update.lr:.3g}, val_loss {float(loss):.4f}", flush=True)
    if rank == 0 and clock.seconds is not None:
        print(f"{clock.updates * arguments.batch * arguments.context / clock.seconds:.0f} tokens/s per process")
    if writer is not None:
        writer.close()
    if dist.is_initialized():
        dist.destroy_process_group()
        sys.stdout.flush()
        os._exit(0)  # threads of gloo outlive the group (FSDP's caches hold it) and may abort Python's own exit


if __name__ == "__main__":
    main()
