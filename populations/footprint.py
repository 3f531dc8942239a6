"""How much memory a process holds, so that it can be told and bounded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from configs.limits import MIB

STATUS = Path("/proc/self/status")  # of Linux


@dataclass(frozen=True, order=True)
class Footprint:
    """MiB of one process."""

    resident: int = 0  # now, without what Ray's object store shares with others where Linux tells
    peak: int = 0  # the most so far, with it


def footprint() -> Footprint:
    """What this process holds. Elsewhere than on Linux the peak stands for both."""
    if STATUS.exists():
        told = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        own, files, most = (_mib(told[name]) for name in ("RssAnon", "RssFile", "VmHWM"))
        return Footprint(own + files, most)
    import resource  # no such module on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    most = round(most / (MIB if sys.platform == "darwin" else 1024))
    return Footprint(most, most)


def _mib(text: str) -> int:
    return round(int(text.split()[0]) / 1024)  # "123456 kB"
