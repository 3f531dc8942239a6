"""How members are measured: on fixed tasks, in fixed company, with keys that name neither member nor worker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from culture.setting import Setting, heldout_rows, unit
from culture.transmission import MEASURED_BESIDE
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE, Ticket
from populations.units import Outcome, Unit
from worlds.family import Family

# Who plays all seats, to compare members with.
SCRIPTS = {"oracle": ORACLE, "noise": NOISE, "nobody": NOBODY}


def evaluate(
    setting: Setting,
    members: Sequence[Member],
    family: Family,
    rows: np.ndarray,
    suite: str,
    replays: int = 0,
) -> tuple[np.ndarray, list[Outcome]]:
    """Every member as agent_0 of every task, beside whom `evaluation.company` names.

    -> mean returns [P, K, N, X] of each agent in each trial, and the outcomes. The keys name suite
    and repetition only, so that adding a member changes nobody else's episodes.
    """
    company = MEASURED_BESIDE[setting.settings.evaluation.company]
    roster = company.roster(_episodes(setting, rows), family.num_agents, 0)
    units = [
        _unit(setting, family, rows, suite, roster, member.name, (member.weights,), replays)
        for member in members
    ]
    return _played(setting, family, rows, units)


def known_returns(setting: Setting, family: Family, rows: np.ndarray, suite: str) -> np.ndarray:
    """What others are known to earn in the last trial, [Q, K, N].

    As agent_0 that is the oracle, where it knows how to earn nearly all there is. Elsewhere each of
    `SCRIPTS`, in all seats.
    """
    if family.knowing:
        returns = np.zeros((1, len(rows), family.num_agents))
        returns[0, :, 0] = family.oracle_returns(rows) / family.trials
        return returns
    roster = np.zeros((_episodes(setting, rows), family.num_agents), np.int16)
    units = [
        _unit(setting, family, rows, suite, roster + seat, name, ())
        for name, seat in SCRIPTS.items()
    ]
    return _played(setting, family, rows, units)[0][..., -1]


def measure(setting: Setting, members: Sequence[Member]) -> np.ndarray:
    """Returns [P, K, N] of the members in the last trial of the held-out tasks."""
    family = setting.family
    rows = heldout_rows(family, setting.settings)
    return evaluate(setting, members, family, rows, "heldout")[0][..., -1]


def _episodes(setting: Setting, rows: np.ndarray) -> int:
    return len(rows) * setting.settings.evaluation.episodes


def _unit(
    setting: Setting,
    family: Family,
    rows: np.ndarray,
    suite: str,
    roster: np.ndarray,
    name: str,
    weights: tuple[np.ndarray, ...],
    replays: int = 0,
) -> Unit:
    episodes = setting.settings.evaluation.episodes
    alone = (roster[:, 1:] == NOBODY).all()
    ticket = Ticket(
        key=setting.key("evaluate", suite),
        rows=np.repeat(rows, episodes, 0),
        roster=roster,
        visibility=np.full(family.trials, 0.0 if alone else 1.0),
        record=replays * episodes,  # one episode of each of the first tasks
    )
    return unit(setting, f"evaluation of {name} on {suite}", family, ticket, weights)


def _played(
    setting: Setting, family: Family, rows: np.ndarray, units: Sequence[Unit]
) -> tuple[np.ndarray, list[Outcome]]:
    outcomes = setting.pool.perform(units)
    trials = np.stack([outcome.played.trial_returns for outcome in outcomes])
    repeated = trials.reshape(len(units), len(rows), -1, *trials.shape[2:])
    return repeated.mean(2), outcomes
