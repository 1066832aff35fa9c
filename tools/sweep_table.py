#!/usr/bin/env python3
"""The table for `scheduled transfer --from-sweep` of the sweep over peaks in the logs of 2501.18965 (124M, SlimPajama).

usage: sweep_table.py FOLDER-OF-LOGS > sweep.csv
"""
import json
import pathlib
import sys


def schedule_of(config: dict) -> str:
    if config["scheduler"] == "cos":
        return "cosine"
    shape = "1-sqrt" if config["decay_type"] == "sqrt" else "linear"
    return f"wsd {100 * config['wsd_fract_decay']:g} % {shape}"


def main(folder: str) -> None:
    print("schedule,steps,peak,loss")
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        if not path.name.startswith(("ann124-", "cos-zero-124m")):
            continue
        log = json.loads(path.read_text(encoding="utf-8"))
        config, loss = log["config"], log["summary"].get("final-val/loss")
        if loss is not None:
            print(f"{schedule_of(config)},{config['iterations']},{config['lr']},{loss}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
