"""Checkpoints of a model that is sharded over ranks; test_torch_average.py merges them.

merge_run.py save FOLDER: three checkpoints by torch.distributed.checkpoint in FOLDER/0, 1, 2, and whole.pt, the whole states.
merge_run.py load FOLDER: loads FOLDER/merged into the sharded model, and writes what it then has to loaded.pt.
"""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from ranks import leave
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, set_model_state_dict
from torch.distributed.fsdp import fully_shard

WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)


def main():
    verb, folder = sys.argv[1], Path(sys.argv[2])
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    # 5 and 7 rows are shared out unevenly, and the last bias has a rank with nothing.
    model = torch.nn.Sequential(torch.nn.Linear(6, 7), torch.nn.Linear(7, 5, dtype=torch.bfloat16), torch.nn.Linear(5, 1))
    fully_shard(model, mesh=dist.init_device_mesh("cpu", (dist.get_world_size(),)))
    if verb == "load":
        state = {"model": get_model_state_dict(model)}
        dcp.load(state, checkpoint_id=folder / "merged")
        set_model_state_dict(model, state["model"])
        whole = get_model_state_dict(model, options=WHOLE)
        if dist.get_rank() == 0:
            torch.save(whole, folder / "loaded.pt")
        leave()
    states = []
    for k in range(3):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.full_like(parameter, 0.1 * (k + 1)) * parameter)
        dcp.save({"model": get_model_state_dict(model)}, checkpoint_id=folder / str(k))
        states.append(get_model_state_dict(model, options=WHOLE))
    if dist.get_rank() == 0:
        torch.save(states, folder / "whole.pt")
    leave()


if __name__ == "__main__":
    main()
