"""What becomes of a member whose learning breaks down: it goes back, rests, and is slowed; the run goes on.

A fault is a trajectory that is not finite, more than a few minibatches skipped in one update, or a
weight that is not finite. The member keeps the weights it had before, plays on for one iteration
without learning, and rejoins with a fresh optimiser at half its learning rate; population-based training
may replace it at once. After RETIRING faults it never learns again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configs.schema import Learner
from populations.member import Member
from populations.rollout import Trajectory

SKIPS = 3  # minibatches of one update that may be skipped
REST = 1  # iterations
RETIRING = 3  # faults


class DivergedError(Exception):
    """Too many members of a cohort no longer learn; the text names them and a cure."""


@dataclass(frozen=True)
class Fault:
    """The first number of a trajectory that is not finite."""

    name: str  # rewards, values or log_probs
    part: int  # number of the trajectory among those given
    step: int
    seat: int  # world * N + agent in its ticket


def fault(trajectories: Sequence[Trajectory]) -> Fault | None:
    """The first of these trajectories from which nothing may be learned, and why; None if all are well."""
    for part, trajectory in enumerate(trajectories):
        for name in ("rewards", "values", "log_probs"):
            bad = np.argwhere(~np.isfinite(getattr(trajectory, name)))
            if len(bad):
                step, lane = (int(number) for number in bad[0])
                return Fault(name, part, step, int(trajectory.seats[lane]))
    return None


def after(
    before: Member, learned: Member, report: dict[str, float], settings: Learner
) -> tuple[Member, dict[str, float]]:
    """The member after an update, and its report: what it learned, or if that broke down, itself set back.

    `settings` are those of the experiment, or its own, which hold its learning rate.
    """
    sound = report["skipped"] <= SKIPS and all(
        np.isfinite(array).all() for array in learned.arrays().values()
    )
    if sound:
        return learned, {**report, "faults": float(before.faults)}
    return set_back(before, learned.lived, settings), {
        "skipped": report["skipped"],  # all other parts may not be finite
        "faults": before.faults + 1.0,
    }


def set_back(before: Member, lived: int, settings: Learner) -> Member:
    """A member after a fault: as before it, with a fresh optimiser, half the learning rate, and a rest."""
    own = dict(before.hyper)
    own["learning_rate"] = before.settings(settings).learning_rate / 2
    return replace(
        before,
        exp_avg=np.zeros_like(before.exp_avg),
        exp_avg_sq=np.zeros_like(before.exp_avg_sq),
        updates=0,
        lived=lived,
        hyper=tuple(sorted(own.items())),
        faults=before.faults + 1,
        rest=REST,
    )


def retired(member: Member) -> bool:
    """Whether it never learns again."""
    return member.faults >= RETIRING


def may_learn(member: Member) -> bool:
    """Whether it learns in this iteration; if not, it plays on as it is."""
    return member.rest == 0 and not retired(member)


def rested(member: Member, lived: int) -> Member:
    """The member after an iteration of playing alone, with `lived` agent-steps more of experience."""
    return replace(member, rest=max(member.rest - 1, 0), lived=member.lived + lived)


def check(members: Sequence[Member]) -> None:
    """Raises DivergedError when more than half of a cohort rest or are retired."""
    out = [member for member in members if not may_learn(member)]
    if 2 * len(out) > len(members):
        names = ", ".join(
            f"{member.name} ({'retired' if retired(member) else 'resting'}, faults: {member.faults})"
            for member in out
        )
        raise DivergedError(
            f"{len(out)} of {len(members)} members no longer learn: {names}."
            " Lower learner.learning_rate or learner.max_grad_norm"
        )
