"""Population-based training within a lifetime: the young are compared on validation tasks, some become copies."""

from __future__ import annotations

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


def check_if_due(setting: Setting, one: Cohort, generation: int) -> None:
    """After an iteration of a cohort: compare and copy, if that iteration completes the steps to a check.

    Nobody is compared at the end of a lifetime, when nothing is left to learn.
    """
    pbt, learner = setting.settings.pbt, setting.settings.learner
    iteration = len(one.reports)
    each = setting.settings.culture.steps / one.count  # agent-steps of a member's iteration
    passed = due((iteration - 1) * each, iteration * each, pbt.warm_up, pbt.check_every)
    if not passed or iteration == one.count:
        return
    best, fitness = _fitness(setting, one)
    since = np.full(len(one.members), iteration)
    for earlier in one.checks:
        for exploit in earlier.exploits:
            since[exploit.child] = iteration - earlier.iteration
    key = setting.key("pbt", one.name, generation, iteration)
    hyper = [hyper_of(member, learner) for member in one.members]
    own = one.creator if isinstance(one.creator, Each) else None
    if own:
        hyper = [
            (*values, *settings_of(creator))
            for values, creator in zip(hyper, own.creators, strict=True)
        ]
    exploits = check(key, one.members, fitness, since * each >= pbt.rest, hyper, pbt.margin)
    one.checks.append(Check(iteration, best, fitness, tuple(hyper), tuple(exploits)))
    names = [member.name for member in one.members]
    one.members = copied(one.members, exploits)
    if own:
        for exploit in exploits:
            values = dict(of_section("creator", exploit.after))
            own.inherit(exploit.child, exploit.parent, values)
    setting.progress(
        {
            "kind": "check",
            "generation": generation,
            "iteration": iteration,
            "copies": [(names[each.child], names[each.parent]) for each in exploits],
        }
    )


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
