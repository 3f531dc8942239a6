"""Small worlds, members, tickets and units for the tests of populations."""

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch

from configs.schema import Learner
from populations.member import Member, born, network_for
from populations.networks import ActorCritic, unpack
from populations.rollout import NOBODY, Played, Ticket, roll
from populations.units import Learn, Roll
from worlds import rng
from worlds.family import make

torch.set_num_threads(1)  # as workers do: more threads change bits

SETTINGS: tuple[tuple[str, object], ...] = (
    ("size", 4),
    ("trials", 3),
    ("trial_length", 8),
    ("order_key", 5),
)
FAMILY = make("goal_sequence", **dict(SETTINGS))
LEARNER = Learner(hidden=32, minibatches=2, epochs=2)
WORLDS = 64


def member(name: str = "ada") -> Member:
    return born(name, FAMILY, LEARNER, rng.key("tests", name))


def network(of: Member) -> ActorCritic:
    made = network_for(FAMILY, LEARNER)
    unpack(made, of.weights)
    return made


def networks(count: int = 2) -> list[ActorCritic]:
    return [network(member(f"member {index}")) for index in range(count)]


def roster(*seats: int, worlds: int = WORLDS) -> np.ndarray:
    """The same seats in every world."""
    return np.tile(np.array(seats, np.int16), (worlds, 1))


def ticket(key: int = 1, worlds: int = WORLDS, **more: Any) -> Ticket:
    """Member 0 learns beside nobody, unless said otherwise."""
    given = {
        "key": rng.key("ticket", key),
        "rows": FAMILY.space.sample(rng.key("rows", key), worlds),
        "roster": roster(0, NOBODY, worlds=worlds),
        "visibility": np.array([1.0, 0.5, 0.0]),
        "learning": (0,),
    }
    return Ticket(**{**given, **more})


def rolls(number: int = 0, **more: Any) -> Roll:
    """Member 0 beside member 1; its trajectory is wanted, unless said otherwise."""
    weights = tuple(member(f"member {index}").weights for index in (0, 1))
    asked = ticket(number, **{"roster": roster(0, 1), **more})
    return Roll(f"roll {number}", FAMILY.name, SETTINGS, LEARNER, weights, asked)


def learns(number: int = 0, *needs: tuple[int, int], **more: Any) -> Learn:
    """Member 0 learns from these parts."""
    about = (f"learn {number}", FAMILY.name, SETTINGS, LEARNER, ())
    given = {"member": member("member 0"), "learning_rate": 1e-3, "seed": number, **more}
    return Learn(*about, needs=needs, **given)


def played(asked: Ticket, count: int = 2) -> Played:
    return roll(FAMILY, asked, networks(count))


def same(one: Any, other: Any) -> bool:
    """Equal bits, arrays and all."""
    if is_dataclass(one):
        pairs = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)]
        return type(one) is type(other) and all(same(*pair) for pair in pairs)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and one.tobytes() == other.tobytes()
        )
    return bool(one == other)
