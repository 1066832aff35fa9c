"""A loop of one's own with a scheduler of each framework, on two ranks with accumulation; test_schedulers.py kills it.

scheduler_run.py torch|fsdp|accelerate|torchtitan|megatron FOLDER [--kill-at STEP]: prints "rank step rates" for each
update. fsdp saves its shards in the background.
"""

import argparse
import os
import signal

import torch
import torch.distributed as dist
from ranks import leave
from scheduled import RunStore, Schedule
from scheduled.torch import ScheduledLR, commit, restore

TRUNK, STEPS, ACCUMULATE, BATCH = "rsqrt(warmup=3, peak=0.01)", 10, 2, 4


def say(text):
    os.write(1, f"{os.environ.get('RANK', 0)} {text}\n".encode())


def prepare(kind, model, optimizer):
    """Model, optimizer and scheduler, the step of the scheduler after an update, and what wraps each micro-batch."""
    if kind == "accelerate":
        from accelerate import Accelerator

        accelerator = Accelerator(cpu=True, gradient_accumulation_steps=ACCUMULATE)
        model, optimizer, scheduler = accelerator.prepare(model, optimizer, ScheduledLR(optimizer, TRUNK))
        return model, optimizer, scheduler, scheduler.step, accelerator
    if kind == "fsdp":
        scheduler = ScheduledLR(optimizer, TRUNK)
        return model, optimizer, scheduler, scheduler.step, None
    model = torch.nn.parallel.DistributedDataParallel(model)
    if kind == "torchtitan":
        from scheduled.torchtitan import ScheduledLRSchedulers

        scheduler = ScheduledLRSchedulers.Config(schedule=TRUNK).build(optimizers=[optimizer], training_steps=1000)
    elif kind == "megatron":
        from scheduled.megatron import ScheduledParamScheduler

        for group, rate in zip(optimizer.param_groups, (0.01, 0.005)):
            group["max_lr"] = rate
        scheduler = ScheduledParamScheduler(optimizer, TRUNK, samples_per_step=ACCUMULATE * BATCH * dist.get_world_size())
        return model, optimizer, scheduler, lambda: scheduler.step(ACCUMULATE * BATCH * dist.get_world_size()), None
    else:
        scheduler = ScheduledLR(optimizer, TRUNK)
    return model, optimizer, scheduler, scheduler.step, None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("folder")
    parser.add_argument("--kill-at", type=int)
    arguments = parser.parse_args()
    if arguments.kind != "accelerate":
        dist.init_process_group("gloo")
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    if arguments.kind == "fsdp":
        from torch.distributed.fsdp import fully_shard

        fully_shard(model, mesh=dist.init_device_mesh("cpu", (dist.get_world_size(),)))
    optimizer = torch.optim.AdamW([{"params": [model.weight], "lr": 1e-3}, {"params": [model.bias], "lr": 5e-4}])
    model, optimizer, scheduler, go_on, accelerator = prepare(arguments.kind, model, optimizer)
    modules = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    run = at = None
    if dist.get_rank() == 0:
        there = os.path.exists(arguments.folder)
        run = RunStore.open(arguments.folder) if there else RunStore.init(arguments.folder, Schedule(TRUNK))
        at = run.resume()
    pending = None
    for step in range(restore(at, modules), STEPS):
        if step == arguments.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        say(f"{step} {[float(group['lr']) for group in optimizer.param_groups]}")
        for micro in range(ACCUMULATE):
            generator = torch.Generator().manual_seed(100 * step + 10 * micro + dist.get_rank())
            loss = model(torch.randn(BATCH, 3, generator=generator)).square().mean()
            if accelerator is None:
                (loss / ACCUMULATE).backward()
                continue
            with accelerator.accumulate(model):
                accelerator.backward(loss)
                optimizer.step()
                go_on()
                optimizer.zero_grad()
        if accelerator is None:
            optimizer.step()
            optimizer.zero_grad()
            go_on()
        if arguments.kind != "fsdp":
            commit(run, step + 1, modules)
            continue
        if pending is not None:
            pending.result()
        pending = commit(run, step + 1, modules, format="dcp", wait=False)
    if pending is not None:
        pending.result()
    whole = [parameter.full_tensor() if arguments.kind == "fsdp" else parameter for parameter in model.parameters()]
    say(f"weights {[parameter.tolist() for parameter in whole]}")
    leave()


if __name__ == "__main__":
    main()
