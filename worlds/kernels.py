"""How kernels are compiled, and when what is kept of them on disk is out of date."""

import contextlib
import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba import njit


def _compiled(**more: Any) -> Any:
    """Numba's decorator; division by zero is none of ours, so it is not looked for."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    return njit(**options, **more)


# Called from Python, kept on disk. Without `_nrt` nothing can be allocated, and no reference is
# counted: counting took two thirds of a step.
kernel = _compiled(cache=True, _nrt=False)
allocating = _compiled(cache=True)
# Called from kernels. Inlined are small functions and those that are called from one place; without
# a wrapper for Python they compile in half the time.
inlined = _compiled(no_cpython_wrapper=True, forceinline=True, _nrt=False)
apart = _compiled(no_cpython_wrapper=True, _nrt=False)
plain = _compiled(no_cpython_wrapper=True)


def compiled(world: str) -> bool:
    """Whether kernels of a family of worlds are kept on disk, so that it starts at once."""
    return any(Path(__file__).parent.rglob(f"{world}/**/*.nbi"))


def forget_what_is_stale(room: Path) -> None:
    """Forgets the kernels on disk of a room unless all its sources are as when they were made.

    Numba takes a kernel for current if its own file is, but it is made of other files, too.
    """
    digest = blake2b(digest_size=16)
    for source in sorted(room.rglob("*.py")):
        digest.update(source.read_bytes())
    stamp = room / "__pycache__" / "kernels.digest"
    with contextlib.suppress(OSError):  # a folder that cannot be written holds no kernels either
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        for index in room.rglob("__pycache__/*.nbi"):
            index.unlink(missing_ok=True)
        stamp.parent.mkdir(exist_ok=True)
        fresh = stamp.with_suffix(f".{os.getpid()}")
        fresh.write_text(digest.hexdigest())
        fresh.replace(stamp)


forget_what_is_stale(Path(__file__).parent)
