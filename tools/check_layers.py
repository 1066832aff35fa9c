#!/usr/bin/env python3
"""Checks that modules include only what lies below them (see HACKING.md).

usage: check_layers.py REPOSITORY; prints what is wrong and exits 1, or says how many includes it looked at.
"""
import pathlib
import re
import sys

LAYER = {"base": 0, "schedule": 1, "runlog": 1, "bound": 2, "design": 3, "law": 3, "pep": 3, "anytime": 4}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def module_of(header: str) -> str:
    """'scheduled/schedule.hpp' and 'schedule/mains.hpp' both belong to 'schedule'."""
    first, _, rest = header.partition("/")
    name = rest.removesuffix(".hpp") if first == "scheduled" else first
    return {"error": "base", "trunk": "schedule"}.get(name, name)


def main(root: pathlib.Path) -> int:
    errors = []
    looked_at = 0
    files = sorted((root / "include/scheduled").glob("*.hpp")) + sorted((root / "src").glob("*/*.[ch]pp"))
    for file in files:
        name = file.relative_to(root)
        text = file.read_text(encoding="utf-8")
        public = name.parts[0] == "include"
        module = module_of("scheduled/" + file.name) if public else name.parts[1]
        if module not in LAYER:
            errors.append(f"{name}: unknown module {module!r}; give it a layer in tools/check_layers.py")
            continue
        for header in INCLUDE.findall(text):
            looked_at += 1
            other = module_of(header)
            if other not in LAYER:
                errors.append(f"{name}: includes {header!r}, which is no module's")
            elif other != module and LAYER[other] >= LAYER[module]:
                errors.append(f"{name}: {module} (layer {LAYER[module]}) includes {header!r} (layer {LAYER[other]})")
    print("\n".join(errors) or f"{looked_at} includes in {len(files)} files point down")
    return 1 if errors or looked_at == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
