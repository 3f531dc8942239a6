"""`ratchet play`: what it saves, and what it refuses."""

from pathlib import Path

import pytest

import ratchet as door
from tests.conftest import Command
from worlds.shards import read


def test_what_is_played_beside_a_member_is_saved_and_can_be_watched(
    ratchet: Command, finished: Path, tmp_path: Path
) -> None:
    member = finished / "runs" / "first" / "g2_m1"
    keys = ("--script", "UP,LEFT", "--shot", "mine.png")
    done = ratchet("play", "goal_sequence:1", "--with", str(member), *keys, SDL_VIDEODRIVER="dummy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "view human-001.parquet" in done.stdout
    (episode,) = read(tmp_path / "human-001.parquet", simulate=True)
    assert [(agent.member, agent.role) for agent in episode.agents] == [
        ("", "human"),
        ("g2_m1", "member"),
    ]
    shown = ratchet("view", "human-001.parquet", "--shot", "it.png", SDL_VIDEODRIVER="dummy")
    assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--seat", "2"), 2, "seat is 2, allowed are 0..1"),
        (("--with", "noop", "oracle"), 2, "there are 2 co-players, other agents are 1"),
        (("--shot", "x.gif"), 2, "name it x.png"),
        (("--script", "JUMP"), 2, "unknown key 'JUMP'"),
        ((), 1, "there is no display here: "),
    ],
)
def test_what_cannot_be_played_is_one_sentence(
    words: tuple[str, ...],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert door.main(["play", "goal_sequence:1", *words]) == code
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") == 1 and not told.out
    assert not list(tmp_path.iterdir())
