"""Population-based training within a lifetime: the young are compared on validation tasks, some become copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from culture.measuring import evaluate, known_returns
from culture.percentiles import best_known, shares
from culture.setting import Setting, validation_rows
from populations.creators.each import Each
from populations.population_training import (
    Exploit,
    Hyper,
    check,
    copied,
    due,
    hyper_of,
    of_section,
    settings_of,
)

if TYPE_CHECKING:
    from culture.living import Cohort


@dataclass(frozen=True)
class Check:
    """One comparison of a cohort's members, and what came of it."""

    iteration: int  # iterations lived before it
    best: np.ndarray  # [K, N] the most that anybody is known to have earned on the validation tasks
    fitness: np.ndarray  # [P, K] normalised returns: shares of `best`
    hyper: tuple[Hyper, ...]  # of each member, before it
    exploits: tuple[Exploit, ...]


def check_if_due(setting: Setting, one: Cohort, generation: int, trail: Sequence[float]) -> None:
    """After an iteration of a cohort: compare and copy, if that iteration completes the steps to a check.

    `trail` are the shares of the lifetime that were over before and after each iteration. Nobody is
    compared at its end, when nothing is left to learn.
    """
    pbt, iteration, lifetime = setting.settings.pbt, len(one.reports), one.steps
    stood = np.round(np.array(trail) * lifetime)  # agent-steps
    before, now = stood[-2:]
    if not due(before, now, pbt.warm_up, pbt.check_every) or not one.going:
        return
    best, fitness = _fitness(setting, one)
    hypers = _hypers(setting, one)
    settled = now - stood[_last(one)] >= pbt.rest
    key = setting.key("pbt", one.name, generation, iteration)
    exploits = check(key, one.members, fitness, settled, hypers, pbt.margin)
    one.checks.append(Check(iteration, best, fitness, tuple(hypers), tuple(exploits)))
    one.members = copied(one.members, exploits)
    if isinstance(one.creator, Each):
        for exploit in exploits:
            values = dict(of_section("creator", exploit.after))
            one.creator.inherit(exploit.child, exploit.parent, values)
    names = [member.name for member in one.members]
    setting.progress(
        {
            "kind": "check",
            "generation": generation,
            "iteration": iteration,
            "copies": [(names[pair.child], names[pair.parent]) for pair in exploits],
        }
    )


def _last(one: Cohort) -> np.ndarray:
    """[P] the iteration after which each member became a copy, 0 if it was born."""
    last = np.zeros(len(one.members), int)
    for earlier in one.checks:
        for exploit in earlier.exploits:
            last[exploit.child] = earlier.iteration
    return last


def _hypers(setting: Setting, one: Cohort) -> list[Hyper]:
    """What each member learns by, and its creator works by if it has one of its own."""
    hypers = [hyper_of(member, setting.settings.learner) for member in one.members]
    if not isinstance(one.creator, Each):
        return hypers
    own = [settings_of(creator) for creator in one.creator.parts]
    return [(*learned, *proposed) for learned, proposed in zip(hypers, own, strict=True)]


def _fitness(setting: Setting, one: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """The yardstick [K, N] and each member's share of it [P, K], on the tasks that choose elders too."""
    rows = validation_rows(setting)
    returns = evaluate(setting, one.members, one.family, rows, "validation")[0][..., -1]
    if one.checks:
        known = [one.checks[-1].best]
    else:
        known = list(known_returns(setting, one.family, rows, "validation").values())
    best = known[0] if one.family.knowing else best_known([returns, *known])
    return best, shares(returns, best)
