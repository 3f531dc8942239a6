"""A task in sentences: what a person reads before playing it."""

import pytest

from tests.worlds.playground.tasks import changed, example
from worlds.playground.constants import ALL_GOALS, FIRST, TAG
from worlds.playground.describe import describe
from worlds.playground.settings import SpaceSettings
from worlds.playground.space import PlaygroundSpace
from worlds.playground.suites import probe


def test_a_description_says_level_goals_rules_and_trials() -> None:
    assert describe(example()).splitlines() == [
        "An 8x10 level of heights 0 to 1 with 1 ramp, painted blue, with 1 black slab and 1 black cube.",
        "agent_0 wants: be near agent_1 OR (hold the black cube AND NOT be near agent_1).",
        "agent_1 wants: nothing.",
        "Rule: when a black slab touches a black cube, they become a red pyramid.",
        "2 trials of 30 steps. A step earns 1 while the goal holds.",
    ]


def test_a_description_says_what_is_out_of_the_ordinary() -> None:
    task = changed(example(), "fixed", 0, 1)
    task = changed(task, "gadgets", 1, TAG)
    task = changed(task, "hidden_rules", 1, 1)
    task = changed(task, "hidden_kinds", 0, 1 << 6)
    task = changed(task, "present", 0, (0, 30, 0, 0))
    task = changed(task, "present", 1, (30, 10, 0, 0))
    told = describe(task._replace(reward_mode=FIRST, trial_end=ALL_GOALS))
    for sentence in (
        "1 black cube that nobody can move",
        "agent_1, who can tag, wants: nothing.",
        "Hidden from agent_0 in the rules: black cube.",
        "Hidden from agent_1 in the rules: rule 1.",
        "2 trials of 30 steps or until all agents have reached their goals.",
        "The first step of a trial at which the goal holds earns",
        "agent_0 is not there in trial 1.",
        "agent_1 leaves early in trial 2.",
    ):
        assert sentence in told


@pytest.mark.parametrize(
    ("name", "share"),
    [("hide_and_seek", 0), ("relay_3", 14), ("stag_hunt", 54), ("dont_act", None)],
)
def test_a_game_of_several_says_how_far_its_goals_agree(name: str, share: int | None) -> None:
    """Of three independent wishes 1 of 7; of both near or each holding one, 7 of 13 (OEL Team 2021)."""
    told = [line for line in describe(probe(name)).splitlines() if "competitiveness" in line]
    said = f"Where some goal holds, all hold in {share} %: competitiveness {100 - (share or 0)} %."
    assert told == ([] if share is None else [said])


def test_different_tasks_are_described_differently() -> None:
    space = PlaygroundSpace(SpaceSettings())
    assert len({space.describe(row) for row in space.sample(1, 50)}) == 50
