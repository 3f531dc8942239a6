"""Members are born of a key, inherit layer by layer, and come back whole from their file."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from populations.member import Member, born, born_of, card, check_card, network_for, tensors
from populations.networks import LAYERS, unpack
from tests.populations.small import FAMILY, LEARNER, member


def grown() -> Member:
    """A member that has learned something, in every parameter."""
    young = member()
    return Member(
        name="bo",
        weights=young.weights + np.float32(0.25),
        exp_avg=young.weights * np.float32(0.5),
        exp_avg_sq=young.weights**2,
        updates=12,
        lived=4800,
        parents=("ada",),
        demonstrators=("cy", "di"),
    )


def test_the_same_key_gives_the_same_newborn() -> None:
    one, other = (born("x", FAMILY, LEARNER, key=5) for _ in range(2))
    assert one.weights.tobytes() == other.weights.tobytes()
    assert born("y", FAMILY, LEARNER, key=5).weights.tobytes() == one.weights.tobytes()
    assert born("x", FAMILY, LEARNER, key=6).weights.tobytes() != one.weights.tobytes()
    assert one.weights.dtype == np.float32 and not one.exp_avg.any() and not one.exp_avg_sq.any()
    assert (one.updates, one.lived, one.parents, one.demonstrators) == (0, 0, (), ())


@pytest.mark.parametrize("count", range(len(LAYERS) + 1))
def test_a_child_keeps_all_but_the_last_layers_of_its_parent(count: int) -> None:
    parent = grown()
    before = parent.weights.copy()
    child = born_of(parent, "kid", FAMILY, LEARNER, 7, count)
    fresh = tensors(born("x", FAMILY, LEARNER, 7), FAMILY, LEARNER)
    old, new = (tensors(one, FAMILY, LEARNER) for one in (parent, child))
    reset = LAYERS[len(LAYERS) - count :]
    for name in old:
        expected = fresh if name.split("/")[1].split(".")[0] in reset else old
        np.testing.assert_array_equal(new[name], expected[name], err_msg=name)
    assert not child.exp_avg.any() and not child.exp_avg_sq.any()
    assert (child.name, child.parents, child.updates, child.lived) == ("kid", ("bo",), 0, 0)
    np.testing.assert_array_equal(parent.weights, before)


def test_card_and_tensors_come_back_from_their_files() -> None:
    who = grown()
    facts = json.loads(json.dumps(card(who, FAMILY, LEARNER, generation=3, frozen=True)))
    arrays = load(save(tensors(who, FAMILY, LEARNER)))
    assert facts["name"] == "bo" and facts["generation"] == 3 and facts["frozen"] is True
    assert facts["lived"] == 4800 and facts["demonstrators"] == ["cy", "di"]
    assert facts["world"] == FAMILY.name and set(facts["layout"]) == set(FAMILY.layout)
    assert facts["architecture"] == {
        "kind": "actor_critic",
        "encoder": "flags",
        "memory": "gru",
        "attends": False,
        "foresees": False,
        "normalises": False,
        "sights": 0,
        "infers": False,
        "observation_size": FAMILY.observation_size,
        "num_actions": FAMILY.num_actions,
        "hidden": LEARNER.hidden,
    }
    check_card(facts, FAMILY, LEARNER)
    network = network_for(FAMILY, LEARNER)
    vector = np.concatenate([arrays[f"weights/{name}"].ravel() for name in network.state_dict()])
    unpack(network, vector)
    assert vector.tobytes() == who.weights.tobytes()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"memory": "s5"}, "memory is gru, the settings ask for s5"),
        ({"hidden": 16}, "hidden is 32, the settings ask for 16"),
    ],
)
def test_the_card_of_another_architecture_is_refused(change: dict[str, Any], problem: str) -> None:
    facts = card(grown(), FAMILY, LEARNER, generation=3, frozen=True)
    with pytest.raises(ValueError, match=problem):
        check_card(facts, FAMILY, replace(LEARNER, **change))
    with pytest.raises(ValueError, match="memory is missing"):
        check_card({}, FAMILY, LEARNER)


def test_arrays_and_facts_are_the_whole_member() -> None:
    who = grown()
    facts = json.loads(json.dumps(who.facts()))
    parents, demonstrators = tuple(facts.pop("parents")), tuple(facts.pop("demonstrators"))
    again = Member(
        parents=parents, demonstrators=demonstrators, **facts, **load(save(who.arrays()))
    )
    for name, array in who.arrays().items():
        assert getattr(again, name).tobytes() == array.tobytes()
    assert again.facts() == who.facts()
