"""Two processes of accelerate whose scheduler was prepared, which makes accelerate step it once per process."""

import os
import sys

import torch
from accelerate import Accelerator
from ranks import leave
from scheduled.torch import ScheduledLR

spec, accumulate, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulate)


def make():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    return accelerator.prepare(model, optimizer, ScheduledLR(optimizer, spec))


def train(model, optimizer, scheduler, first, last):
    for step in range(first, last):
        used = optimizer.param_groups[0]["lr"]
        for _ in range(accumulate):
            with accelerator.accumulate(model):
                accelerator.backward(model(torch.ones(2, 3)).square().mean())
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        os.write(1, f"{accelerator.process_index} {step} {used!r}\n".encode())


parts = make()
train(*parts, 0, 5)
accelerator.save_state(folder)
accelerator.free_memory()
parts = make()
accelerator.load_state(folder)
train(*parts, 5, 12)
accelerator.end_training()
leave()
