#!/usr/bin/env python3
"""Checks that modules include only what lies below them (see HACKING.md).

usage: check_layers.py REPOSITORY; prints what is wrong and exits 1, or says how many includes it looked at.
"""
import pathlib
import re
import sys

LAYER = {"base": 0, "schedule": 1, "runlog": 1, "bound": 2, "design": 3, "law": 3, "pep": 3, "anytime": 4,
         # Shells. `support` is what tests, benchmarks and reports share; paper uses the programs' common code in cli.
         "support": 5, "plot": 5, "cli": 6, "figures": 7, "reports": 8, "paper": 9, "python": 9, "bench": 9}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def module_of(header: str) -> str:
    """'scheduled/schedule.hpp' and 'schedule/mains.hpp' both belong to 'schedule'."""
    first, _, rest = header.partition("/")
    name = rest.removesuffix(".hpp") if first == "scheduled" else first
    return {"error": "base", "trunk": "schedule"}.get(name, name)


def module_of_file(name: pathlib.Path) -> str:
    """The module that a file of the repository is part of."""
    top, second = name.parts[0], name.parts[1]
    if top == "include":
        return module_of("scheduled/" + name.name)
    if top == "paper" and len(name.parts) == 2 or top in ("python", "bench"):
        return top
    return second


def main(root: pathlib.Path) -> int:
    errors = []
    looked_at = 0
    folders = ["include/scheduled", "src", "apps/plot", "paper", "python/src", "bench"]
    files = sorted(file for folder in folders for file in (root / folder).rglob("*.[ch]pp"))
    for file in files:
        name = file.relative_to(root)
        module = module_of_file(name)
        if module not in LAYER:
            errors.append(f"{name}: unknown module {module!r}; give it a layer in tools/check_layers.py")
            continue
        for header in INCLUDE.findall(file.read_text(encoding="utf-8")):
            looked_at += 1
            if LAYER[module] == 9 and any((folder / header).exists() for folder in (file.parent, root / "python/src")):
                continue  # its own
            other = module_of(header)
            if other not in LAYER:
                errors.append(f"{name}: includes {header!r}, which is no module's")
            elif other != module and LAYER[other] >= LAYER[module]:
                errors.append(f"{name}: {module} (layer {LAYER[module]}) includes {header!r} (layer {LAYER[other]})")
    print("\n".join(errors) or f"{looked_at} includes in {len(files)} files point down")
    return 1 if errors or looked_at == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
