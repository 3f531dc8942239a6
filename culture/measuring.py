"""How members are measured: on fixed tasks, in fixed company, with keys that name neither member nor worker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from configs.rules import BLOCK
from culture.setting import Setting, heldout_rows, play
from culture.transmission import LEARNER, MEASURED_BESIDE, faded
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE, Played, Ticket
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
) -> tuple[np.ndarray, list[Played]]:
    """Every member as agent_0 of every task, beside whom `evaluation.company` names.

    -> mean returns [P, K, N, X] of each agent in each trial, and the outcomes. The keys name suite
    and repetition only, so that adding a member changes nobody else's episodes.
    """
    company = MEASURED_BESIDE[setting.settings.evaluation.company]
    seats = company.roster(1, family.num_agents)[0]
    record = replays * episodes_of(setting, rows)  # one episode of each of the first tasks
    ticket = _ticket(setting, family, rows, suite, seats, record)
    units = [
        play(setting, f"evaluation of {member.name} on {suite}", family, ticket, [member.weights])
        for member in members
    ]
    outcomes = setting.pool.perform(units)
    return np.stack([_means(outcome, len(rows)) for outcome in outcomes]), outcomes


def evaluate_beside(
    setting: Setting,
    focal: Sequence[Member | int],
    others: Sequence[Member],
    family: Family,
    rows: np.ndarray,
    suite: str,
) -> np.ndarray:
    """[I, C, K] mean returns of the last trial of each of `focal`, as agent_0 beside each of the `others`.

    `focal` are members, or scripts by their seat (ORACLE, NOISE, NOBODY). One of the `others` fills
    all further bodies of a world. Keys are those of `evaluate`.
    """
    units = []
    for who in focal:
        own = (who.weights,) if isinstance(who, Member) else ()
        seats = np.full(family.num_agents, len(own), np.int16)  # the other comes last
        seats[0] = LEARNER if isinstance(who, Member) else who
        ticket = _ticket(setting, family, rows, suite, seats)
        name = f"evaluation of {who.name if isinstance(who, Member) else 'a script'} on {suite}"
        units += [
            play(setting, f"{name}, beside {other.name}", family, ticket, [*own, other.weights])
            for other in others
        ]
    outcomes = setting.pool.perform(units)
    means = np.stack([_means(outcome, len(rows))[:, 0, -1] for outcome in outcomes])
    return means.reshape(len(focal), len(others), len(rows))


def episodes_of(setting: Setting, rows: np.ndarray) -> int:
    """Episodes of each task: those of the settings, more where whole blocks ask for it."""
    episodes = setting.settings.evaluation.episodes
    while len(rows) * episodes % BLOCK:
        episodes += 1
    return episodes


def scripts_of(family: Family) -> tuple[str, ...]:
    """The names of the scripts that can play in a family's worlds: not all have an oracle."""
    return tuple(name for name in SCRIPTS if name != "oracle" or family.has_oracle)


def focal_seats(setting: Setting, family: Family) -> int:
    """How many bodies of a world are a measured member's: the first ones."""
    company = MEASURED_BESIDE[setting.settings.evaluation.company]
    return int((company.roster(1, family.num_agents) == LEARNER).sum())


def known_returns(
    setting: Setting,
    family: Family,
    rows: np.ndarray,
    suite: str,
    scripts: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """What others are known to earn in the last trial, by name: [K, N].

    As agent_0 that is the oracle, where it knows how to earn nearly all there is. Elsewhere each of
    the `scripts`, all by default, in all seats.
    """
    if family.knowing:
        returns = np.zeros((len(rows), family.num_agents))
        returns[:, 0] = family.oracle_returns(rows) / family.trials
        return {"oracle": returns}
    scripts = scripts or scripts_of(family)
    units = []
    for name in scripts:
        seat = SCRIPTS[name]
        # Only noise plays the same task in several ways.
        episodes = setting.settings.evaluation.episodes if seat == NOISE else 1
        ticket = Ticket(
            key=setting.key("evaluate", suite),
            rows=np.repeat(rows, episodes, 0),
            roster=np.full((len(rows) * episodes, family.num_agents), seat, np.int16),
            visibility=np.ones(family.trials),
        )
        units.append(play(setting, f"evaluation of {name} on {suite}", family, ticket, []))
    outcomes = setting.pool.perform(units)
    return {
        name: _means(outcome, len(rows))[..., -1]
        for name, outcome in zip(scripts, outcomes, strict=True)
    }


def measure(setting: Setting, members: Sequence[Member]) -> np.ndarray:
    """Returns [P, K, N] of the members in the last trial of the held-out tasks."""
    family = setting.family
    rows = heldout_rows(family, setting.settings)
    return evaluate(setting, members, family, rows, "heldout")[0][..., -1]


def _ticket(
    setting: Setting,
    family: Family,
    rows: np.ndarray,
    suite: str,
    seats: np.ndarray,
    record: int = 0,
) -> Ticket:
    """The episodes of a suite with the same `seats` [N] in all of them; all see each other.

    Where elders leave, bodies that nobody moves are not there; hand-written tasks say themselves who is.
    """
    episodes = episodes_of(setting, rows)
    ticket = Ticket(
        key=setting.key("evaluate", suite),
        rows=np.repeat(rows, episodes, 0),
        roster=np.tile(seats, (len(rows) * episodes, 1)),
        visibility=np.ones(family.trials),
        record=record,
    )
    return (
        ticket if suite == "probes" else faded(family, ticket, setting.settings.transmission.fade)
    )


def _means(outcome: Played, tasks: int) -> np.ndarray:
    """[K, N, X] means over the episodes of each task."""
    trials = outcome.trial_returns
    return trials.reshape(tasks, -1, *trials.shape[1:]).mean(1)
