"""Playground tasks as JSON: readable, read back exactly, and refused by field if hostile."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.worlds.playground.tasks import LARGER, SIZES, example, random_task
from worlds.family import TaskError
from worlds.playground.reading import from_json, to_json
from worlds.playground.task import canonical, digest, same

TASKS = [random_task(seed) for seed in range(60)]


def test_json_comes_back_as_the_canonical_task() -> None:
    for task in TASKS:
        text = json.dumps(to_json(task))
        assert same(from_json(json.loads(text), SIZES), canonical(task))
        assert digest(from_json(json.loads(text), LARGER)) == digest(task)


def test_json_reads_as_a_person_would_write_it() -> None:
    value = to_json(example())
    assert value["map"][7] == ".0" * 7 + ">0" + ".0" * 2
    assert value["floors"][0] == "bbb......."
    assert value["objects"][1] == {
        "kind": "black slab",
        "cell": [2, 2],
        "facing": "west",
        "anchor": False,
    }
    assert value["goals"] == [
        "near(me, agent_1) or hold(me, black cube) and not near(me, agent_1)",
        "nothing",
    ]
    assert value["rules"] == ["touch(black slab, black cube) -> red pyramid"]
    assert value["hidden"][0] == {"rules": [], "kinds": [], "predicates": []}
    assert value["present"] == [[30, 30], [30, 30]]


# field blamed, what is done to the JSON of the example.
JSON_FAULTS: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("map", lambda task: task.pop("map")),
    ("task", lambda task: task.update(wind=1)),
    ("map", lambda task: task["map"].pop()),
    ("map[0]", lambda task: task["map"].__setitem__(0, ".0")),
    ("map[0]", lambda task: task["map"].__setitem__(0, "x0" * 10)),
    ("map[0]", lambda task: task["map"].__setitem__(0, "0." * 10)),
    ("map[0]", lambda task: task["map"].__setitem__(0, 7)),
    ("height[1, 0]", lambda task: task["map"].__setitem__(1, "^3" + ".0" * 9)),
    ("floors", lambda task: task.update(floors="blue")),
    ("floors[2]", lambda task: task["floors"].__setitem__(2, "xxxxxxxxxx")),
    ("objects", lambda task: task.update(objects=[{}] * 10)),
    ("objects[0]", lambda task: task["objects"].__setitem__(0, None)),
    ("objects[0]", lambda task: task["objects"][0].update(size=1)),
    ("objects[0].facing", lambda task: task["objects"][0].pop("facing")),
    ("objects[0].kind", lambda task: task["objects"][0].update(kind="cube")),
    ("objects[0].cell", lambda task: task["objects"][0].update(cell=[1, 10])),
    ("objects[0].cell", lambda task: task["objects"][0].update(cell=[1, True])),
    ("objects[0].cell", lambda task: task["objects"][0].update(cell=[1, 10**400])),
    ("objects[0].cell", lambda task: task["objects"][0].update(cell=[1])),
    ("objects[0].facing", lambda task: task["objects"][0].update(facing=["north"])),
    ("objects[0].anchor", lambda task: task["objects"][0].update(anchor=1)),
    ("objects[1].cell", lambda task: task["objects"][1].update(cell=[1, 1])),
    ("agents", lambda task: task.update(agents=[])),
    ("agents[1].gadget", lambda task: task["agents"][1].update(gadget="gun")),
    ("agents[0].cell", lambda task: task["agents"][0].update(cell=[7, 7])),
    ("goals", lambda task: task["goals"].pop()),
    ("goals[1]", lambda task: task["goals"].__setitem__(1, 3)),
    ("goals[1]", lambda task: task["goals"].__setitem__(1, "hold(me")),
    ("goals[1]", lambda task: task["goals"].__setitem__(1, "on(me, blue) and not on(me, blue)")),
    ("atoms[3]", lambda task: task["goals"].__setitem__(1, "hold(me, agent_0)")),
    ("rules", lambda task: task.update(rules=["hold(agent_0, black cube) -> nothing"] * 7)),
    ("rules[0]", lambda task: task["rules"].__setitem__(0, "hold(me, black cube) -> nothing")),
    ("hidden", lambda task: task["hidden"].pop()),
    ("hidden[0].rules", lambda task: task["hidden"][0].update(rules=[6])),
    ("hidden[0].rules", lambda task: task["hidden"][0].update(rules=[1])),
    ("hidden[0].kinds", lambda task: task["hidden"][0].update(kinds=["cube"])),
    ("hidden[1].predicates", lambda task: task["hidden"][1].update(predicates=["eat"])),
    ("present", lambda task: task.update(present=[])),
    ("present[0]", lambda task: task["present"].__setitem__(0, [1])),
    ("present[0]", lambda task: task["present"].__setitem__(0, [31, 0])),
    ("present[0]", lambda task: task["present"].__setitem__(0, [0, 0])),
    ("slots", lambda task: task.update(slots=1)),
    ("slots", lambda task: task.update(slots="4")),
    ("trial_length", lambda task: task.update(trial_length=0)),
    ("trial_length", lambda task: task.update(trial_length=1e9)),
    ("reward_mode", lambda task: task.update(reward_mode="never")),
    ("trial_end", lambda task: task.update(trial_end={})),
]


@pytest.mark.parametrize(("field", "spoil"), JSON_FAULTS)
def test_every_fault_of_a_json_is_named(field: str, spoil: Callable[[Any], Any]) -> None:
    value = to_json(example())
    spoil(value)
    with pytest.raises(TaskError) as caught:
        from_json(value, SIZES)
    assert caught.value.field == field


@pytest.mark.parametrize("value", [None, [], "task", 3, {}, {"map": 1}])
def test_what_is_no_task_at_all_is_refused(value: Any) -> None:
    with pytest.raises(TaskError):
        from_json(value, SIZES)
