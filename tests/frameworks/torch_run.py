"""A small training program on a run store; test_torch_store.py runs it, on one or more ranks, and kills it.

torch_run.py FOLDER FORMAT [--kill-at UPDATE]: prints a line per update (rank, line, step, lr), and a digest of the weights.
"""

import argparse
import hashlib
import os
import signal

import torch
import torch.distributed as dist
from ranks import leave
from scheduled.torch import AnytimeLoop, BoundMonitor

RESULTS = [12, 20]


def say(text):
    """A whole line at once: the ranks share the pipe."""
    os.write(1, f"{text}\n".encode())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("format")
    parser.add_argument("--kill-at", type=int, default=-1, help="updates made by this process")
    arguments = parser.parse_args()
    rank = 0
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
        rank = dist.get_rank()
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Dropout(0.1), torch.nn.Linear(8, 1))
    if arguments.format == "dcp" and dist.is_initialized():
        from torch.distributed.fsdp import fully_shard

        fully_shard(model, mesh=dist.init_device_mesh("cpu", (dist.get_world_size(),)))
    elif dist.is_initialized():
        model = torch.nn.parallel.DistributedDataParallel(model)
    torch.manual_seed(100 + rank)
    optimizer = torch.optim.AdamW(
        [{"params": list(model.parameters())[:2], "lr": 1e-3}, {"params": list(model.parameters())[2:], "lr": 5e-4}]
    )
    data = {"next": 0}
    modules = {"model": model, "optimizer": optimizer, "data": data}
    loop = AnytimeLoop(
        arguments.folder, "rsqrt(warmup=4, peak=0.01)", modules, results=RESULTS, cooldown="25%", every=3,
        monitor=BoundMonitor(), format=arguments.format,
    )  # fmt: skip
    for made, update in enumerate(loop):
        if made == arguments.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        for group, factor in zip(optimizer.param_groups, (1.0, 0.5)):
            assert group["lr"] == update.lr * factor
        assert data["next"] == update.step, (data, update)
        torch_generator = torch.Generator().manual_seed(1000 * rank + data["next"])
        inputs = torch.randn(4, 6, generator=torch_generator)
        loss = (model(inputs) - inputs.sum(1, keepdim=True)).square().mean() + torch.rand(()) * 1e-3
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        data["next"] += 1
        if hasattr(norm, "full_tensor"):
            norm = norm.full_tensor()
        update.log(train_loss=loss.detach(), grad_norm=norm)
        say(f"update {rank} {update.line} {update.step} {update.lr!r}")
    digest = hashlib.sha256()
    for parameter in model.parameters():
        whole = parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter
        digest.update(whole.detach().numpy().tobytes())
    say(f"weights {rank} {digest.hexdigest()}")
    leave()


if __name__ == "__main__":
    main()
