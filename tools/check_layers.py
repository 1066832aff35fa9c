#!/usr/bin/env python3
"""Checks that every file with code includes only what lies below it (see HACKING.md).

usage: check_layers.py REPOSITORY; prints what is wrong and exits 1, or says how many includes it looked at.
"""
import pathlib
import re
import sys

# Modules of the library, lowest first: one may include those of lower layers, never its siblings.
LAYER = {"base": 0, "schedule": 1, "runlog": 1, "bound": 2, "foreign": 2, "design": 3, "law": 3, "pep": 3, "capi": 4,
         "anytime": 4, "describe": 4, "forecast": 4, "lint": 4, "watch": 4, "scheduled": 5}  # the umbrella header
# Public headers that are not called like their module.
PUBLIC_NAME = {"error": "base", "duration": "schedule", "trunk": "schedule", "presets": "schedule", "along": "design",
               "sweep": "design", "lr_sweep": "design", "law_design": "law", "exact": "bound", "merge": "anytime", "plan": "anytime",
               "run_record": "anytime", "cluster": "anytime"}

# Shells: where they lie, and which other shells they may include, those of outer folders last. All of them may include
# the library's public headers, and of its private ones those of base and the descriptions of results.
SHELLS = {
    "apps/shell": set(),
    "apps/plot": {"apps/shell"},
    "apps/cli": {"apps/shell", "apps/plot"},
    "apps/trainer": {"apps/shell"},
    "apps": {"apps/shell", "apps/cli", "apps/trainer"},  # main.cpp, which puts the verbs together
    "paper/figures": {"apps/plot"},
    "paper/reports": {"paper/figures", "apps/plot", "tests/support"},
    "paper": {"apps/shell", "apps/plot", "paper/figures", "paper/reports"},
    "python/src": set(),
    "bench": {"paper/figures", "paper/reports", "tests/support"},
    "examples": set(),
    "tests/install": set(),
    "tests/support": set(),
    "tests": {"apps/shell", "apps/plot", "apps/trainer", "paper/figures", "tests/support"},
}
PUBLIC_ONLY = {"examples", "tests/install"}  # what users write: no private header at all
ALL_OF_THE_LIBRARY = {"tests", "tests/support"}
# Headers of others that take long to compile, or that one parser is to be the only reader of, and where they may stand.
KEPT = {"CLI/": ["apps/shell/options.cpp"], "nlohmann/": ["src/base/json.cpp", "src/runlog/formats"],
        "toml++/": ["src/foreign/syntax/toml.cpp"], "yaml.h": ["src/foreign/syntax/yaml.cpp"]}
# Folders that "plot/figure.hpp" and the like may be relative to.
ROOTS = ["apps", "paper", "tests", "src", "include", "."]
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.M)


def module_of_header(name: str) -> str:
    return PUBLIC_NAME.get(name, name)


def owner(root: pathlib.Path, path: pathlib.Path) -> str:
    """'schedule' for src/schedule/... and its public header, 'apps/cli' for apps/cli/..."""
    parts = path.relative_to(root).parts
    if parts[0] == "include":
        return "capi" if path.suffix == ".h" else module_of_header(path.stem)
    if parts[0] == "src":
        return parts[1]
    for shell in SHELLS:
        if path.is_relative_to(root / shell):
            return shell
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def included(root: pathlib.Path, file: pathlib.Path, header: str) -> pathlib.Path | None:
    """The file of ours that is meant; None for the headers of others."""
    home = owner(root, file)
    near = [file.parent, root / home] if home in SHELLS else [file.parent]
    for folder in [*near, *(root / name for name in ROOTS)]:
        if (folder / header).is_file():
            return (folder / header).resolve()
    return None


def fault(root: pathlib.Path, user: str, path: pathlib.Path) -> str | None:
    """What is wrong with a file of `user` including `path`."""
    used = owner(root, path)
    if used == user:
        return None
    if user in LAYER:
        if used not in LAYER:
            return "which is no module's"
        return None if LAYER[used] < LAYER[user] else f"layer {LAYER[used]} from layer {LAYER[user]}"
    if used in LAYER:
        free = user not in PUBLIC_ONLY and (used == "base" or path.name.endswith("records.hpp") or user in ALL_OF_THE_LIBRARY)
        return "a private header of the library" if path.is_relative_to(root / "src") and not free else None
    return None if used in SHELLS[user] else f"{user} may not include {used}"


def main(root: pathlib.Path) -> int:
    root = root.resolve()
    errors = []
    looked_at = 0
    code = {".h", ".hpp", ".c", ".cpp"}
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith((".", "build"))]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in code]
    for file in files:
        name = file.relative_to(root)
        user = owner(root, file)
        if user not in LAYER and user not in SHELLS:
            errors.append(f"{name}: unknown module {user!r}; give it a place in tools/check_layers.py")
            continue
        for header in INCLUDE.findall(file.read_text(encoding="utf-8")):
            for prefix, places in KEPT.items():
                if header.startswith(prefix) and not any(name.is_relative_to(place) for place in places):
                    errors.append(f"{name}: includes {header!r}: only {' and '.join(places)} may")
            path = included(root, file, header)
            if path is None:
                continue
            looked_at += 1
            wrong = fault(root, user, path)
            if wrong:
                errors.append(f"{name}: includes {header!r}: {wrong}")
    print("\n".join(errors) or f"{looked_at} includes in {len(files)} files point down")
    return 1 if errors or looked_at == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
