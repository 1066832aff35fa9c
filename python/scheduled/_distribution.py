"""The distribution that this package is of: scheduled-lr. On the Python index `scheduled` is another one, which has a package of
the same name: installed into one folder, each overwrites files of the other."""

import os
import re

NAME = "scheduled-lr"
_OTHER = re.compile(r"scheduled-(\d[^-]*)\.(?:dist|egg)-info")


def check_alone(package: str) -> None:
    """Raises ImportError where the other distribution is installed beside the folder `package` of this one."""
    folder = os.path.dirname(os.path.abspath(package))
    try:
        beside = os.listdir(folder)
    except OSError:  # in an archive
        return
    for entry in beside:
        found = _OTHER.fullmatch(entry)
        if found:
            raise ImportError(
                f"the distribution scheduled {found[1]} is installed in {folder}, too; it is another package (or this one from "
                f"before it was called {NAME}), and the two overwrite each other's files: "
                f"pip uninstall scheduled {NAME}, then install {NAME} again",
                name="scheduled",
            )
