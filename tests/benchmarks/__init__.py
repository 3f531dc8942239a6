"""Tests of `benchmarks`, each started as a person starts it."""

import json
import subprocess
import sys
from typing import Any

from tests.conftest import ROOT, environment


def printed(name: str, *words: str) -> dict[str, Any]:
    """The JSON document that a benchmark prints."""
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "--json", *words],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=280,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
