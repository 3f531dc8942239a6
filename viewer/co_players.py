"""Who plays the agents that a person does not: scripted co-players, and the form that trained ones take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from worlds import rng
from worlds.family import NO_ACTION, Family

# The next action of one agent, from the state of its one world and its own observation uint8 [D].
Act = Callable[[Any, np.ndarray], int]


@dataclass(frozen=True)
class CoPlayer:
    """Somebody who can play an agent.

    `start(family, agent, key)` returns how it acts in one episode, with a fresh memory; all its chance comes from
    `key`. It is called once per step, in order.
    """

    name: str  # of the member or script, "" if the role says it
    role: str  # as a replay names it: bot, oracle, member
    start: Callable[[Family, int, int], Act]


def scripted(name: str) -> CoPlayer:
    """Return the co-player called `noop`, `random` or `oracle`; raises ValueError for another name."""
    if name not in SCRIPTED:
        raise ValueError(f"unknown co-player {name!r}, known are {', '.join(SCRIPTED)}")
    return SCRIPTED[name]


def seated(co_players: Sequence[CoPlayer], agents: int, seat: int) -> tuple[CoPlayer, ...]:
    """Return one co-player per agent: the given ones take all seats but the person's, the last as often as needed.

    The person's own seat gets the first, for when it is left. Raises ValueError for a seat that is not there, or
    more co-players than other seats.
    """
    if seat not in range(agents):
        raise ValueError(f"seat is {seat}, allowed are 0..{agents - 1}")
    if len(co_players) > max(agents - 1, 1):
        raise ValueError(f"there are {len(co_players)} co-players, other agents are {agents - 1}")
    others = [agent for agent in range(agents) if agent != seat]
    table = {agent: co_players[min(n, len(co_players) - 1)] for n, agent in enumerate(others)}
    return tuple(table.get(agent, co_players[0]) for agent in range(agents))


def wait(family: Family) -> int:
    """Return the action that lets time pass."""
    return family.action_names.index("stay") if "stay" in family.action_names else NO_ACTION


def _noop(family: Family, agent: int, key: int) -> Act:
    return lambda state, observation: wait(family)


def _random(family: Family, agent: int, key: int) -> Act:
    steps = iter(range(family.horizon))

    def act(state: Any, observation: np.ndarray) -> int:
        drawn = rng.words(rng.key(key, "random", agent), np.array([next(steps)]))
        return int(rng.below(drawn, family.num_actions)[0])

    return act


def _oracle(family: Family, agent: int, key: int) -> Act:
    return lambda state, observation: int(family.oracle(state, agent, rng.key(key, "oracle"))[0])


SCRIPTED = {
    "noop": CoPlayer("noop", "bot", _noop),
    "random": CoPlayer("random", "bot", _random),
    "oracle": CoPlayer("", "oracle", _oracle),
}
