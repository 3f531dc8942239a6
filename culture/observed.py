"""What a creator is told of an iteration: an entry for each episode and agent in which a member learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from populations.creators.creator import Outcomes, Proposal
from populations.rollout import NOISE, Played
from populations.units import SIGNALS, Learned, Roll

if TYPE_CHECKING:
    from culture.living import Plan


def controls(proposal: Proposal, rolls: Sequence[Roll]) -> list[Roll]:
    """The same tickets with random actions as agent_0, where a creator wants to know what those earn."""
    if not proposal.control:
        return []
    made = []
    for roll in rolls:
        roster = roll.ticket.roster.copy()
        roster[:, 0] = NOISE
        ticket = replace(roll.ticket, roster=roster, learning=(), record=0)
        made.append(replace(roll, name=f"{roll.name}, control", ticket=ticket))
    return made


def observed(
    plan: Plan, played: Sequence[Played], alone: Sequence[Played], learned: Sequence[Learned]
) -> Outcomes:
    """The outcomes of a cohort in the order of the proposal, those of agent_0 first; `alone` are its controls.

    Episode e of the proposal is world e // P of member e mod P.
    """
    members, worlds = len(played), len(played[0].returns)
    agents = plan.rolls[0].ticket.roster.shape[1]
    knowing = plan.company.knowing
    nothing = np.full(worlds, np.nan, np.float32)
    parts: list[dict[str, np.ndarray]] = []
    for learner, (needs, each) in enumerate(zip(plan.needs, learned, strict=True)):
        lane = 0
        for unit, part in needs:
            host = unit - plan.first
            seats = np.flatnonzero(plan.rolls[host].ticket.roster.reshape(-1) == part)
            world, agent = np.divmod(seats, agents)
            roll, lanes = played[host], slice(lane, lane + len(seats))
            lane += len(seats)
            control = alone[host] if alone else None
            home = (
                agent == 0
            )  # elders and controls are compared with the learner whose ticket it is
            elders = _mean(roll, knowing[host])[world]
            random = (control.returns[:, 0] if control else nothing)[world]
            more = control.lengths[world] * home if control else 0
            parts.append(
                {
                    "episode": world * members + host,
                    "agent": agent.astype(np.int16),
                    "member": np.full(len(seats), learner, np.int16),
                    "roster": plan.company.beside[host][world],
                    "returns": roll.returns[world, agent].astype(np.float32),
                    "elder_returns": np.where(home, elders, np.nan).astype(np.float32),
                    "control_returns": np.where(home, random, np.nan).astype(np.float32),
                    "steps": (
                        np.where(home, roll.lengths[world], roll.lived[world, agent]) + more
                    ).astype(np.int32),
                    **{f"signals.{name}": each.signals[name][lanes] for name in SIGNALS},
                }
            )
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["member"], columns["episode"], columns["agent"]))
    told = {name: column[order] for name, column in columns.items()}
    task = plan.task[told.pop("episode")]
    signals = {name: told.pop(f"signals.{name}") for name in SIGNALS}
    return Outcomes(
        proposal=plan.proposal,
        task=task.astype(np.int32),
        signals=signals,
        train=plan.proposal.train[task],
        **told,
    )


def _mean(played: Played, knowing: np.ndarray) -> np.ndarray:
    """[B] float32, the mean return of the co-players in `knowing` [B, N - 1]; NaN where there are none."""
    total = np.where(knowing, played.returns[:, 1:], 0).sum(1)
    return np.divide(total, knowing.sum(1), out=np.full_like(total, np.nan), where=knowing.any(1))
