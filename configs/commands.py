"""Commands that we print and people paste: how `ratchet` is called from here, and paths in them."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def door() -> str:
    """How to call the command from here: `ratchet` if it is on the path, else the file beside Python."""
    if shutil.which("ratchet"):
        return "ratchet"
    beside = Path(sys.executable).parent / "ratchet"
    if not beside.exists():
        return f"{shlex.quote(sys.executable)} -m ratchet"
    near = beside.is_relative_to(Path.cwd())
    return shlex.quote(os.path.relpath(beside) if near else str(beside))


def word(path: Path) -> str:
    """A path as one word of a command, which neither the shell nor ratchet takes for anything else."""
    return shlex.quote(f"./{path}" if str(path).startswith("-") else str(path))
