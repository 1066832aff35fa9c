"""The code of docs/guide/training-programs.md runs as it stands, in the page's order."""

import re

from cases import ADAPTERS, ROOT


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/guide/training-programs.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 15
    names = {"__name__": "page"}
    for number, block in enumerate(blocks):
        capsys.readouterr()
        exec(compile(block, f"block {number}", "exec"), names)
        promised = re.findall(r"^# (.*\(.*\))$", block, re.MULTILINE)
        printed = capsys.readouterr().out
        assert all(line in printed for line in promised), printed


def test_the_whole_loop_is_short():
    """Trunk, branches, checkpoints, resume, bound and logs: a program of at most 20 lines."""
    text = (ROOT / "docs/guide/training-programs.md").read_text(encoding="utf-8")
    (block,) = (block for block in re.findall(r"^```py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "for update in loop" in block)
    assert len(block.splitlines()) <= 20


def test_every_adapter_is_on_the_page():
    import importlib

    text = (ROOT / "docs/guide/training-programs.md").read_text(encoding="utf-8")
    for adapter in ADAPTERS:
        for name in importlib.import_module(f"scheduled.{adapter}").__all__:
            if name not in ("Pending", "Update"):
                assert f"`{name}`" in text, name
