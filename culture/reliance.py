"""What elders are worth to the young after a lifetime: they are seen, then hidden, all else being equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from culture.measuring import episodes_of
from culture.setting import Setting, look, play
from culture.transmission import Lesson, faded
from populations.member import Member
from populations.rollout import Ticket
from populations.units import Roll

MOST = 4  # elders shown, the best ones: each costs forward passes of its own


class Reliance(NamedTuple):
    """Of the members of a generation."""

    trials: dict[str, np.ndarray]  # "shown", "hidden": [P, K, X] measures; empty without company
    notes: list[dict[str, float]]  # how each member chose, see `populations.behaviour`

    def means(self) -> dict[str, float]:
        """Each note, the mean over the members of whom it is told."""
        names = sorted({name for notes in self.notes for name in notes})
        told = {name: [notes[name] for notes in self.notes if name in notes] for name in names}
        return {name: float(np.mean(values)) for name, values in told.items()}


def measure(
    setting: Setting, members: Sequence[Member], lesson: Lesson, rows: np.ndarray, generation: int
) -> Reliance:
    """Every member of a train-time generation as agent_0 of the tasks `rows`, beside those it has watched.

    The same keys twice, once with everybody visible throughout and once with nobody (where elders fade
    by leaving, nobody is there); the first is looked at closely, or the second if nobody can be seen.
    """
    family = setting.family
    shown = replace(lesson, elders=lesson.elders[: max(MOST, family.num_agents - 1)])
    roster = shown.roster(len(rows) * episodes_of(setting, rows), family.num_agents)
    visibilities = {"hidden": 0.0} if lesson.alone else {"shown": 1.0, "hidden": 0.0}
    closely = next(iter(visibilities))
    elders = [elder.weights for elder in shown.elders]
    everybody = [each.weights for each in members]
    units: list[Roll] = []
    for condition, chance in visibilities.items():
        for index, member in enumerate(members):
            ticket = Ticket(
                key=setting.key("reliance", generation, index),
                rows=np.repeat(rows, episodes_of(setting, rows), 0),
                roster=roster,
                visibility=np.full(family.trials, chance),
                oracle_noise=setting.settings.culture.oracle_noise,
            )
            ticket = faded(family, ticket, setting.settings.transmission.fade)
            name = f"generation {generation}, elders {condition} to {member.name}"
            compared = everybody if condition == closely and index == 0 else []
            weights = [member.weights, *elders, *compared]
            unit = play(setting, name, family, ticket, weights)
            last = range(len(weights) - len(compared), len(weights))
            units.append(look(unit, last) if condition == closely else unit)
    outcomes = setting.pool.perform(units)
    means = [
        outcome.trial_returns[:, 0].reshape(len(rows), -1, family.trials).mean(1)
        for outcome in outcomes
    ]
    trials = {
        condition: np.stack(means[first * len(members) :][: len(members)])
        for first, condition in enumerate(visibilities)
        if not lesson.alone
    }
    return Reliance(trials, [outcome.notes for outcome in outcomes[: len(members)]])
