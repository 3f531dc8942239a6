"""Members of a run as co-players: they act by hand as they did in training, and are asked for by name."""

from pathlib import Path

import numpy as np
import pytest

from culture.co_players import trained
from populations.rollout import NOBODY, Ticket, roll
from worlds import rng
from worlds.formats import FormatError


def test_a_member_plays_beside_a_person_as_it_plays_in_a_batch(finished: Path) -> None:
    member = trained(finished / "runs" / "first")
    family = member.family
    rows, key = family.space.sample(5, 32), rng.key("batch")
    roster = np.array([[0, NOBODY]] * 32, np.int16)
    shown = np.zeros(family.trials)
    own = rng.key(key, "member", 0)  # of the agent it plays, for it may play several
    batch = roll(family, Ticket(own, rows, roster, shown, record=1), [member.network])

    act = member.start(family, 0, key)
    state, seen = family.state(1), np.zeros((1, 2, family.observation_size), np.uint8)
    family.reset(state, rows[:1])
    state.visible[:] = 0
    alone = []
    for _ in range(family.horizon):
        family.observe(state, seen)
        alone.append([act(state, seen[0, 0]), -1])
        family.step(state, np.array(alone[-1:], np.int8))
    assert batch.actions is not None and alone == batch.actions[:, 0].tolist()


def test_a_member_is_asked_for_by_its_name_and_a_run_means_its_best(mine: Path) -> None:
    assert trained(mine / "g2_m1").name == "g2_m1"
    best = trained(mine).name
    assert f'"{best}"' in (mine / "members" / "best.json").read_text()


@pytest.mark.parametrize(
    ("name", "words"),
    [("first/nobody", "has no member 'nobody'; known: g"), ("nowhere", "write RUN/MEMBER")],
)
def test_what_is_no_member_is_named(mine: Path, name: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        trained(mine.parent / name)
