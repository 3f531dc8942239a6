"""An iteration of a population on a simulated cluster: the real manager, a simulated clock and network.

The driver holds all members, as in a run, and does one thing after another: what it sends and receives
takes its time and its network. Nodes hold the trajectories that their workers made, and fetch others.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from populations.manager import Command, Manager, Returned, Submit
from populations.rosters import Cast, draw
from worlds import rng

NODE = 16  # workers of a node, one core each


@dataclass(frozen=True)
class Costs:
    """What was measured on this machine, and what is assumed of a cluster."""

    roll: float  # CPU-seconds of a unit of play
    learn_block: float  # CPU-seconds of learning, for each block of lanes
    call: float  # seconds of the driver for a message there and its answer, besides bytes
    byte: float  # seconds of the driver for each byte sent or received, to pickle and copy
    ticket: int  # bytes of a unit of play without weights
    weights: int  # bytes of a member's weights
    member: int  # bytes of a member with its optimiser, in a unit of learning and in its answer
    outcome: int  # bytes that come back from play
    block: int  # bytes of the trajectory of a member in one seat of one block of worlds
    network: float = 1.25e9  # bytes a second into or out of a node: 10 Gbit/s (assumed)


@dataclass(frozen=True)
class Shape:
    """An iteration: members, worlds, and who meets whom."""

    members: int
    blocks: int = 4  # of 32 worlds, of each member's ticket
    agents: int = 2
    island: int = 0  # members that meet each other only; 0: everybody meets everybody


@dataclass
class Found:
    """What an iteration took. Bytes and seconds."""

    seconds: float = 0.0  # from its begin to its end
    busy: float = 0.0  # of all workers, at work
    waiting: float = 0.0  # of all workers, for bytes
    driver: float = 0.0  # of the driver, at work
    manager: float = 0.0  # of these, measured, in the manager
    messages: int = 0
    sent: int = 0  # by the driver, and
    received: int = 0  # by it
    fetched: int = 0  # weights, by nodes from the driver's
    moved: int = 0  # trajectories between nodes
    stayed: int = 0  # trajectories learned from on the node where they were made
    held: int = 0  # most bytes of trajectories that one node held at once
    workers: int = 0

    @property
    def efficiency(self) -> float:
        """Share of the workers' time that is work."""
        return self.busy / (self.seconds * self.workers)


@dataclass
class _Unit:
    seats: tuple[int, ...] = ()  # play: the members in it
    needs: dict[int, int] = field(default_factory=dict)  # learning: blocks from each ticket


def simulate(shape: Shape, workers: int, costs: Costs, seed: int = 0) -> Found:
    """One iteration of all members on so many workers."""
    return _Iteration(shape, workers, costs, seed).run()


def tickets(shape: Shape, seed: int) -> np.ndarray:
    """Who sits where: [P, blocks, N], by the rule `population` within each island."""
    size = shape.island or shape.members
    parts = []
    for first in range(0, shape.members, size):
        cast = Cast(min(size, shape.members - first))
        key = rng.key("scale", seed, first)
        parts.append(first + draw(key, "population", cast, shape.blocks, shape.agents))
    return np.concatenate(parts)


class _Iteration:
    def __init__(self, shape: Shape, workers: int, costs: Costs, seed: int) -> None:
        self.costs, self.found = costs, Found(workers=workers)
        rosters = tickets(shape, seed)
        plays = [_Unit(seats=tuple(map(int, np.unique(seats)))) for seats in rosters]
        learns = [_Unit(needs={home: 0}) for home in range(shape.members)]
        for home, seats in enumerate(rosters):
            for member in seats.reshape(-1):
                needs = learns[member].needs
                needs[home] = needs.get(home, 0) + 1
        self.units = [*plays, *learns]
        self.plays = shape.members
        self.made: dict[int, int] = {}  # ticket -> node with its trajectories
        self.there: set[tuple[int, int]] = set()  # (node, member) whose weights are there
        self.held = [0] * -(-workers // NODE)  # bytes of trajectories by node
        self.luck = np.random.default_rng(seed).uniform(0.8, 1.2, len(self.units))
        names = [f"worker-{index}" for index in range(workers)]
        self.manager = Manager(names)
        self.node = {name: index // NODE for index, name in enumerate(names)}
        self.driver_free = 0.0
        self.agenda: list[tuple[float, int, Submit]] = []

    def run(self) -> Found:
        needs = [tuple(unit.needs) for unit in self.units]
        names = [str(index) for index in range(len(needs))]
        began = time.process_time()
        commands = self.manager.begin(names, 0.0, needs)
        self._managed(time.process_time() - began)
        while True:
            for command in commands:
                self._submit(command)
            if self.manager.done:
                self.found.seconds = self.driver_free
                return self.found
            now, _, submit = heapq.heappop(self.agenda)
            self._answer(submit, now)
            parts = [()] * len(self.units[submit.envelope.unit].seats)
            began = time.process_time()
            commands = self.manager.on(Returned(submit.envelope, "", None, parts), now)
            self._managed(time.process_time() - began)

    def _managed(self, seconds: float) -> None:
        self.found.manager += seconds
        self._drive(seconds)

    def _drive(self, seconds: float, count: int = 0) -> None:
        """The driver works, and its network carries `count` bytes."""
        seconds += count * self.costs.byte
        self.found.driver += seconds
        self.driver_free += max(seconds, count / self.costs.network)

    def _submit(self, command: Command) -> None:
        assert isinstance(command, Submit)
        unit, node = self.units[command.envelope.unit], self.node[command.worker]
        play = command.envelope.unit < self.plays
        sent = self.costs.ticket if play else self.costs.member
        self.found.messages += 2
        self.found.sent += sent
        self._drive(self.costs.call, sent)
        remote = self._weights(unit, node) if play else self._trajectories(unit, node)
        waits = remote / (self.costs.network / NODE)  # its share of the node's network
        blocks = sum(unit.needs.values())
        work = self.costs.roll if play else self.costs.learn_block * blocks
        work *= self.luck[command.envelope.unit]
        self.found.busy += work
        self.found.waiting += waits
        moment = self.driver_free + waits + work
        heapq.heappush(self.agenda, (moment, command.envelope.unit, command))

    def _weights(self, unit: _Unit, node: int) -> int:
        """Bytes that a node lacks. The driver puts each member's weights into its store once."""
        missing = [member for member in unit.seats if (node, member) not in self.there]
        for member in missing:
            if all((other, member) not in self.there for other in range(len(self.held))):
                self._drive(0.0, self.costs.weights)
            self.there.add((node, member))
        self.found.fetched += len(missing) * self.costs.weights
        return len(missing) * self.costs.weights

    def _trajectories(self, unit: _Unit, node: int) -> int:
        """Bytes that come from other nodes, and are let go everywhere once they are learned from."""
        remote = 0
        for ticket, blocks in unit.needs.items():
            count = blocks * self.costs.block
            away = self.made[ticket] != node
            remote += away * count
            self.held[self.made[ticket]] -= count
        together = sum(unit.needs.values()) * self.costs.block
        self.found.moved += remote
        self.found.stayed += together - remote
        return remote

    def _answer(self, submit: Submit, now: float) -> None:
        index = submit.envelope.unit
        self.driver_free = max(self.driver_free, now)
        count = self.costs.outcome if index < self.plays else self.costs.member
        self.found.received += count
        self._drive(0.0, count)
        if index < self.plays:
            node = self.node[submit.worker]
            self.made[index] = node
            seats = [unit.needs.get(index, 0) for unit in self.units[self.plays :]]
            self.held[node] += sum(seats) * self.costs.block
            self.found.held = max(self.found.held, self.held[node])


def total(parts: Sequence[Found]) -> Found:
    """Iterations that run side by side, each with a driver of its own."""
    whole = Found()
    for name in ("seconds", "driver", "held"):
        setattr(whole, name, max(getattr(part, name) for part in parts))
    for name in ("busy", "waiting", "messages", "sent", "received", "fetched", "moved", "stayed"):
        setattr(whole, name, sum(getattr(part, name) for part in parts))
    whole.workers = sum(part.workers for part in parts)
    return whole
