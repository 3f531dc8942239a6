"""Settings of a task space: each value checked, and told by its own name."""

import json
from dataclasses import fields
from typing import Any

import pytest

from worlds.family import TaskError
from worlds.playground.constants import LARGEST, SMALLEST
from worlds.playground.making.mutate import EDITS
from worlds.playground.settings import EDIT_NAMES, SpaceSettings


@pytest.mark.parametrize(
    ("changed", "field", "allowed"),
    [
        ({"height": 7}, "height", "8..32"),
        ({"agents": 9}, "agents", "1..8"),
        ({"agents": True}, "agents", "whole numbers"),
        ({"view": 8}, "view", "odd"),
        ({"slots": 33}, "slots", "1..32"),
        ({"atoms": 0}, "atoms", "1..32"),
        ({"trials": 0}, "trials", "1..32"),
        ({"trial_length": 1}, "trial_length", "2..10000"),
        ({"reward_mode": "sparse"}, "reward_mode", "state, first, flip"),
        ({"trial_end": 1}, "trial_end", "time, any_goal, all_goals"),
        ({"presence": "never"}, "presence", "all, elder_leaves, random"),
        ({"presence": "elder_leaves"}, "presence", "all"),
        ({"height_weights": (1, 2)}, "height_weights", "4..4"),
        ({"height_weights": (1, 2, 3, 101)}, "height_weights[3]", "0..100"),
        ({"ramp_percent": 0}, "ramp_percent", "1..400"),
        ({"cliff": 4}, "cliff", "0..3"),
        ({"floors": 7}, "floors", "0..6"),
        ({"min_connected": 101}, "min_connected", "0..100"),
        ({"objects": (1, 33)}, "objects[1]", "0..32"),
        ({"objects": (5, 2)}, "objects[0]", "1..2"),
        ({"objects": 5}, "objects", "tuples of 2..2"),
        ({"shapes": (0, 0, 0, 0)}, "shapes", "above 0"),
        ({"colours": 1}, "kinds", "tuples of 5..24"),
        ({"anchors": -1}, "anchors", "0..100"),
        ({"freeze": 60, "tag": 50}, "tag", "0..40"),
        ({"predicates": (0, 0, 0, 0, 0)}, "predicates", "above 0"),
        ({"rule_predicates": (0, 0, 0, 0, 0)}, "rule_predicates", "above 0"),
        ({"game_atoms": (2, 7)}, "game_atoms[1]", "0..6"),
        ({"goal_options": (1, 7)}, "goal_options[1]", "1..6"),
        ({"option_atoms": (0, 2)}, "option_atoms[0]", "1..2"),
        ({"competitiveness": (0, 120)}, "competitiveness[1]", "0..100"),
        ({"depth": (0, 9)}, "depth[1] + dead_ends[1]", "0..8"),
        ({"atoms": 8}, "game_atoms[1] + depth[1] + dead_ends[1]", "0..8"),
        ({"hide_rules": 1.5}, "hide_rules", "whole numbers"),
        ({"edits": ()}, "edits", "terrain_window"),
        ({"edits": ("hide", "seek")}, "edits[1]", "terrain_window"),
    ],
)
def test_bad_settings_are_refused(changed: dict[str, Any], field: str, allowed: str) -> None:
    with pytest.raises(TaskError) as caught:
        SpaceSettings(**changed)
    assert caught.value.field == field and allowed in caught.value.allowed


def test_an_unknown_setting_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(TaskError, match="trial is 3, allowed are the settings trials"):
        SpaceSettings.of({"agents": 3, "trial": 3})


def test_settings_come_back_from_json() -> None:
    chosen = SpaceSettings(trials=3, presence="elder_leaves", depth=(1, 2), edits=("hide",))
    told = json.loads(json.dumps(chosen.as_dict()))
    assert SpaceSettings(**told) == chosen
    assert set(told) == {field.name for field in fields(SpaceSettings)}


def test_room_is_that_of_the_settings() -> None:
    one, none = (1, 1), (0, 0)
    least = SpaceSettings(
        *(8, 8, 1, 5, 1, 1, 1, 1, 1),
        game_atoms=one,
        goal_options=one,
        depth=none,
        dead_ends=none,
    )
    assert least.sizes == SMALLEST._replace(goal_atoms=least.sizes.goal_atoms)
    most = SpaceSettings(32, 32, 8, 11, 32, 32, 8, 16, 32)
    assert most.sizes == LARGEST


def test_every_edit_has_a_line_in_the_table() -> None:
    assert tuple(EDITS) == EDIT_NAMES
    assert SpaceSettings().edits == EDIT_NAMES[:-2]
