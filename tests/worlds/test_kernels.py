"""Compiled kernels are kept on disk no longer than the sources they were made of."""

from pathlib import Path

import worlds
from worlds.kernels import compiled, forget_what_is_stale


def test_kernels_on_disk_are_forgotten_when_a_source_changes(tmp_path: Path) -> None:
    kept = tmp_path / "__pycache__"
    kept.mkdir()
    source, index = tmp_path / "some.py", kept / "some.nbi"
    source.write_text("one")
    forget_what_is_stale(tmp_path)
    index.write_text("")
    forget_what_is_stale(tmp_path)
    assert index.exists()
    source.write_text("other")
    forget_what_is_stale(tmp_path)
    assert not index.exists()


def test_a_world_that_has_been_played_is_compiled() -> None:
    family = worlds.make("goal_sequence")
    family.reset(family.state(1), family.space.sample(1, 1))
    assert compiled("goal_sequence")
    assert not compiled("nowhere")
