"""Population-based training: clearly worse members go on as mutated copies of better ones (Jaderberg 2017).

The rules are XLand's (OEL Team 2021): disjoint pairs, dominance of percentiles, a rest after each copy.
All is decided by keys and places in the population; names change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configs.keys import SETTINGS
from configs.schema import Learner
from populations.creators.creator import Creator
from populations.member import Member
from populations.quarantine import may_learn
from worlds import rng

LEVELS = (10, 20, 50)  # percentiles over tasks that are compared
LEARNED_BY = ("clip", "entropy_weight", "gamma", "learning_rate")  # a member's own, of `learner`
CHANCE, FACTOR = 0.5, 1.25  # of a mutation of each setting, which goes up or down by the factor

Hyper = tuple[tuple[str, float], ...]  # values of settings by key, such as `learner.clip`


@dataclass(frozen=True)
class Exploit:
    """One member becomes the child of another: places in the population, versions, settings."""

    child: int
    parent: int
    versions: tuple[int, int]  # updates of the child and of the parent, before
    before: Hyper  # of the child
    copied: Hyper  # of the parent
    after: Hyper  # of the child, mutated

    @property
    def mutated(self) -> bool:
        """Whether any setting differs from the parent's."""
        return self.copied != self.after


def check(
    key: int,
    members: Sequence[Member],
    fitness: np.ndarray,
    settled: np.ndarray,
    hypers: Sequence[Hyper],
    margin: float,
) -> list[Exploit]:
    """Who becomes whose child, at most half of the members; nobody is child and parent at once.

    `fitness` [P, K] float64 are the members' normalised returns on the same tasks, `settled` [P] bool
    is true where a member has rested since it was a child; one in quarantine need not rest, and
    is nobody's parent. `hypers` are what each learns by. Of each pair that the key draws,
    one that dominates the other is its parent.
    """
    levels, sound = _levels(fitness), [may_learn(member) for member in members]
    order = np.argsort(rng.words(rng.key(key, "pairs"), np.arange(len(members))), kind="stable")
    pairs = list(zip(order[::2].tolist(), order[1::2].tolist(), strict=False))
    return [
        Exploit(
            child,
            parent,
            (members[child].updates, members[parent].updates),
            hypers[child],
            hypers[parent],
            mutated(rng.key(key, "mutate", child), hypers[parent]),
        )
        for pair in pairs
        for child, parent in (pair, pair[::-1])
        if (settled[child] or not sound[child]) and sound[parent]
        if dominates(levels[parent], levels[child], margin)
    ]


def copied(members: Sequence[Member], exploits: Sequence[Exploit]) -> list[Member]:
    """The members after these exploits: a child keeps its name, birth and age, all else is its parent's."""
    result = list(members)
    for exploit in exploits:
        child, parent = members[exploit.child], members[exploit.parent]
        result[exploit.child] = replace(
            parent,
            name=child.name,
            lived=child.lived,
            parents=child.parents,
            demonstrators=child.demonstrators,
            hyper=of_section("learner", exploit.after),
            faults=0,
        )
    return result


def dominates(parent: np.ndarray, child: np.ndarray, margin: float) -> bool:
    """At least as good at every level, and better by the margin at one: less is noise."""
    return bool((parent >= child).all() and (parent - child > margin).any())


def hyper_of(member: Member, learner: Learner) -> Hyper:
    """The values that the member learns by: its own, or else the experiment's."""
    own = member.settings(learner)
    return tuple((f"learner.{name}", getattr(own, name)) for name in LEARNED_BY)


def settings_of(creator: Creator) -> Hyper:
    """The values that a member's own creator works by."""
    return tuple((f"creator.{name}", value) for name, value in creator.tuned().items())


def of_section(section: str, hyper: Hyper) -> Hyper:
    """The values of one section of settings, by name."""
    start = f"{section}."
    return tuple((key.removeprefix(start), v) for key, v in hyper if key.startswith(start))


def mutated(key: int, hyper: Hyper) -> Hyper:
    """Each value changed with chance CHANCE, up or down by FACTOR alike."""
    units = _units(key, 2 * len(hyper)).reshape(-1, 2)
    return tuple(
        (
            name,
            _scaled(name, value, FACTOR if up < 0.5 else 1 / FACTOR) if chance < CHANCE else value,
        )
        for (name, value), (chance, up) in zip(hyper, units, strict=True)
    )


def spread(key: int, hyper: Hyper, factor: float) -> Hyper:
    """Each value times a log-uniform draw from 1 / factor to factor."""
    units = _units(key, len(hyper))
    return tuple(
        (name, _scaled(name, value, float(factor ** (2 * unit - 1))))
        for (name, value), unit in zip(hyper, units, strict=True)
    )


def due(before: float, after: float, warm_up: int, check_every: int) -> bool:
    """Whether these agent-steps of a lifetime, (before, after], hold a check: one ends the warm-up, more follow."""

    def passed(steps: float) -> int:
        return int((steps - warm_up) // check_every) + 1 if steps >= warm_up else 0

    return passed(after) > passed(before)


def _levels(fitness: np.ndarray) -> np.ndarray:
    """[P, levels]: percentiles over tasks; participation instead, while all percentiles are 0."""
    levels = np.percentile(fitness, LEVELS, axis=1).T
    return levels if levels.any() else (fitness > 0).mean(1, keepdims=True)


def _scaled(name: str, value: float, factor: float) -> float:
    """A value times the factor, within the schema's range; a discount by its horizon 1 / (1 - gamma)."""
    changed = 1 - (1 - value) / factor if name == "learner.gamma" else value * factor
    about = SETTINGS[name]
    return float(np.clip(changed, about.low, about.high))


def _units(key: int, count: int) -> np.ndarray:
    """[count] float64 in [0, 1)."""
    return (rng.words(key, np.arange(count)) >> np.uint64(11)) * 2.0**-53
