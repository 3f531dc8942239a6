"""The gallery of held-out tasks is what the tasks are now."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PIL")

from PIL import Image  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures" / "playground"
MOST_BYTES = 3 << 20  # of all pictures, so that a clone stays small


def test_the_page_is_made_from_the_tasks() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "gallery.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "docs" / "probes.md").read_text() == made.stdout, "make docs"


def test_every_picture_is_shown_and_small() -> None:
    shown = re.findall(
        r"\]\(pictures/playground/(\w+\.png)\)", (ROOT / "docs/probes.md").read_text()
    )
    files = sorted(PICTURES.glob("*.png"))
    assert sorted(shown) == [file.name for file in files]
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    for file in files:
        with Image.open(file) as image:
            assert max(image.size) <= 1000
