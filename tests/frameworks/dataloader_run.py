"""A run store beside the worker processes of a DataLoader, which are forked; test_dataloader.py runs it.

dataloader_run.py reopen FOLDER: the store is closed and opened again while persistent workers live.
dataloader_run.py killed FOLDER: the program dies by kill -9 while its workers are busy; the store is free at once.
"""

import os
import signal
import sys
import time

import torch
from scheduled import RunStore, Schedule


class Data(torch.utils.data.Dataset):
    def __init__(self, seconds):
        self.seconds = seconds

    def __len__(self):
        return 1000

    def __getitem__(self, i):
        time.sleep(self.seconds)
        return torch.tensor(float(i))


def main():
    how, folder = sys.argv[1:]
    seconds = 0.0 if how == "reopen" else 3.0
    loader = torch.utils.data.DataLoader(Data(seconds), 4, num_workers=2, persistent_workers=True)
    with RunStore.init(folder, Schedule("constant(warmup=5)")) as run:
        batches = iter(loader)
        if how == "killed":
            run.commit(5, lambda to: (to / "x").write_text("x"))
            os.kill(os.getpid(), signal.SIGKILL)
        run.log(1, {"train_loss": next(batches).mean()})
        run.commit(5, lambda to: (to / "x").write_text("x"))
    with RunStore.open(folder) as run:
        print("reopened at", run.resume().step)


if __name__ == "__main__":
    main()
