"""Every fault of a playground task is found and named by its field."""

from typing import Any

import numpy as np
import pytest

from tests.worlds.playground.tasks import BLACK_CUBE, SIZES, changed, example
from worlds.playground.constants import AGENT, CUBE, FLOOR, HOLD, NEAR, ON, SEE, kind
from worlds.playground.problems import errors

# field blamed, array, where, value: one fault each.
FAULTS: list[tuple[str, str, Any, Any]] = [
    ("height[0, 0]", "height", (0, 0), 4),
    ("height[7, 7]", "height", (7, 7), 3),
    ("ramp[0, 0]", "ramp", (0, 0), 5),
    ("floor[1, 2]", "floor", (1, 2), 7),
    ("objects[0].kind", "kinds", 0, 24),
    ("kinds", "kinds", 3, 1),
    ("kinds", "kinds", 0, -2),
    ("objects[0].cell", "cells", (0, 0), 8),
    ("objects[0].cell", "cells", (0, 0), -1),
    ("objects[1].cell", "cells", 1, 1),
    ("agents[0].cell", "cells", SIZES.objects, 1),
    ("agents[1].cell", "cells", SIZES.objects + 1, 7),
    ("agents[1].cell", "cells", SIZES.objects + 1, 3),
    ("cells", "cells", (2, 0), 0),
    ("cells", "cells", (SIZES.objects + 2, 0), 0),
    ("objects[0].facing", "facings", 0, 1),
    ("objects[1].facing", "facings", 1, 4),
    ("agents[0].facing", "facings", SIZES.objects, -1),
    ("facings", "facings", 2, 1),
    ("objects[0].anchor", "fixed", 0, 2),
    ("fixed", "fixed", 2, 1),
    ("agents[1].gadget", "gadgets", 1, 3),
    ("gadgets", "gadgets", 2, 1),
    ("atoms[0]", "atoms", (0, 0), 5),
    ("atoms", "atoms", (0, 0), -1),
    ("atoms", "atoms", (3, 1), 0),
    ("atoms[0]", "atoms", 0, (NEAR, AGENT, AGENT + 2)),  # no such agent
    ("atoms[0]", "atoms", 0, (NEAR, AGENT, kind(CUBE, 1))),  # no such kind
    ("atoms[0]", "atoms", 0, (ON, AGENT, FLOOR + 1)),  # no such floor
    ("atoms[0]", "atoms", 0, (HOLD, BLACK_CUBE, BLACK_CUBE)),
    ("atoms[0]", "atoms", 0, (HOLD, AGENT, AGENT + 1)),
    ("atoms[0]", "atoms", 0, (ON, AGENT, BLACK_CUBE)),
    ("atoms[0]", "atoms", 0, (ON, FLOOR, FLOOR)),
    ("atoms[0]", "atoms", 0, (SEE, AGENT, FLOOR)),
    ("atoms[2]", "atoms", 2, (NEAR, AGENT + 1, AGENT)),  # atom 0 turned around
    ("goals[0]", "forbid", (0, 0), 1),
    ("goals[0]", "require", (0, 0), 8),
    ("goals[0]", "require", (0, 0), 0),  # a gap
    ("require", "require", (2, 0), 1),
    ("forbid", "forbid", (2, 0), 1),
    ("rules[0]", "rules", (0, 0), 3),
    ("rules[0]", "rules", (0, 1), 24),
    ("rules[0]", "rules", (0, 3), 1),  # a gap
    ("rules", "rules", (0, 0), -1),
    ("hidden[0].rules", "hidden_rules", 0, 2),
    ("hidden[0].kinds", "hidden_kinds", 0, 1 << 24),
    ("hidden[1].predicates", "hidden_predicates", 1, 1 << 5),
    ("hidden_rules", "hidden_rules", 2, 1),
    ("hidden_kinds", "hidden_kinds", 2, 1),
    ("hidden_predicates", "hidden_predicates", 2, 1),
    ("present[0]", "present", (0, 0), 31),
    ("present[1]", "present", (1, 1), -1),
    ("present[0]", "present", 0, 0),
    ("present", "present", (2, 0), 1),
    ("present", "present", (0, 2), 1),
]


@pytest.mark.parametrize(("field", "name", "where", "value"), FAULTS)
def test_every_fault_of_an_array_is_named(field: str, name: str, where: Any, value: Any) -> None:
    bad = changed(example(), name, where, value)
    assert field in [error.field for error in errors(bad, SIZES)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bodies", 0),
        ("bodies", 5),
        ("slots", 1),
        ("slots", 10),
        ("trials", 0),
        ("trials", 6),
        ("trial_length", 0),
        ("trial_length", 40000),
        ("trial_length", 1.5),
        ("reward_mode", 3),
        ("trial_end", -1),
        ("height", [[0]]),
        ("height", np.zeros((8, 8), dtype=np.int8)),
        ("require", np.zeros((4, 5), dtype=np.int64)),
    ],
)
def test_every_fault_of_a_number_or_a_shape_is_named(name: str, value: Any) -> None:
    found = list(errors(example()._replace(**{name: value}), SIZES))
    assert [error.field for error in found] == [name]


def test_goals_name_no_more_atoms_than_the_space_allows() -> None:
    found = list(errors(example(), SIZES._replace(goal_atoms=1)))
    assert [error.field for error in found] == ["goals[0]"]
