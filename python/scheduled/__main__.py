"""``python -m scheduled``: the command that this package was installed with."""

import importlib.metadata
import os
import sys
from typing import Optional

from scheduled._distribution import NAME, check_alone


def command() -> Optional[str]:
    """Where the command was installed, which wheels have and ``pip install .`` makes where it is asked to."""
    try:
        files = importlib.metadata.files(NAME)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files or ():
        if file.name == "scheduled" and file.parent.name == "bin":
            return str(file.locate())
    return None


def main() -> None:
    """Becomes the command, with the arguments of this process."""
    try:
        check_alone(os.path.dirname(__file__))
    except ImportError as error:
        sys.exit(f"scheduled: error: {error}")
    path = command()
    if path is None or not os.access(path, os.X_OK):
        sys.exit(
            "scheduled: error: this package was installed without the command; in its sources, make build makes it, and "
            "pip install . --config-settings=cmake.define.SCHEDULED_BUILD_CLI=ON installs it with the package"
        )
    os.execv(path, [path, *sys.argv[1:]])


if __name__ == "__main__":
    main()
