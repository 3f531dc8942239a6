"""How pictures and tables get to their place: whole, or not at all and with a sentence."""

import os
import tempfile
from pathlib import Path
from typing import Any


class ExportError(ValueError):
    """The file cannot be made; the text is one sentence with its cure."""


class ExportUsageError(ExportError):
    """What was asked for does not exist."""

    exit_code = 2


def replace_file(out: Path, write: Any) -> None:
    """Let `write` fill a file beside `out` and put it in its place only when it is whole."""
    try:
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=out.suffix, dir=out.parent)
        os.close(handle)
    except OSError as problem:
        raise ExportError(f"{out}: cannot be written here: {problem.strerror}") from None
    part = Path(name)
    try:
        write(part)
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        os.replace(part, out)
    except OSError as problem:
        raise ExportError(f"{out}: cannot be written: {problem.strerror or problem}") from None
    finally:
        part.unlink(missing_ok=True)
