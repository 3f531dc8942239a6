"""The plain loop: worlds and members in, trajectories and outcomes out. Knows no Ray and no learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch

from populations.networks import ActorCritic
from worlds import rng
from worlds.family import EPISODE_ENDED, NO_ACTION, Family

# Who may sit in a seat besides members 0, 1, … of the ticket.
ORACLE, NOISE, NOBODY = -1, -2, -3
PAD = 32  # lanes come in multiples of this: only so do a row's bits never depend on its neighbours


@dataclass(frozen=True)
class Ticket:
    """One unit of play: everything that decides what will happen, given the members' weights."""

    key: int  # 64 bits; all chance in this unit descends from it
    rows: np.ndarray  # [B, width] int16, one task per world
    roster: np.ndarray  # [B, N] int16: index of a member, or ORACLE, NOISE, NOBODY
    visibility: np.ndarray  # [X] float64: chance that agent_0 sees the others, by trial
    learning: tuple[int, ...] = ()  # the members whose trajectories are wanted
    oracle_noise: float = 0.0  # chance that an oracle aims at a wrong goal
    penalty: float = 1.0  # price of a wrong goal, in units of reward
    greedy: bool = False
    record: int = 0  # actions and visibility of the first `record` worlds are kept for replays
    start_memory: np.ndarray | None = (
        None  # [B, hidden] float32: heirloom to which agent_1 returns at each trial's start
    )
    keep_memory: bool = False  # keep agent_0's memory as it is before the last trial (its heirloom)


@dataclass
class Trajectory:
    """What one member lived through, time-major; every lane is one whole episode.

    Steps in which its body was not there, or after the episode's end, are not `lived`: nothing is
    learned from them.
    """

    observations: np.ndarray  # [T, L, D] uint8
    actions: np.ndarray  # [T, L] int64
    log_probs: np.ndarray  # [T, L] float32
    values: np.ndarray  # [T, L] float32, in units of reward
    rewards: np.ndarray  # [T, L] float32
    ends: np.ndarray  # [T, L] uint8, 1 where the episode ended with this step
    lived: np.ndarray  # [T, L] bool
    seats: np.ndarray  # [L] int64, world * N + agent of each lane


@dataclass
class Played:
    """What a unit of play hands back, per world."""

    returns: np.ndarray  # [B, N] float32, undiscounted, at the full penalty
    trial_returns: np.ndarray  # [B, N, X] float32
    trajectories: Sequence[Trajectory] = ()  # of the learning members, in the ticket's order
    actions: np.ndarray | None = None  # [T, record, N] int8
    visible: np.ndarray | None = None  # [T, record] uint8
    memory: np.ndarray | None = None  # [B, hidden] float32, agent_0's heirloom
    steps: int = 0  # agent-steps lived, of bodies that somebody moves
    notes: dict[str, float] = field(default_factory=dict)


def join(trajectories: Sequence[Trajectory]) -> Trajectory:
    """The lanes of several tickets side by side; `seats` say where each lane was in its own ticket."""
    if len(trajectories) == 1:
        return trajectories[0]
    names = [each.name for each in fields(Trajectory)]
    return Trajectory(
        **{
            name: np.concatenate(
                [getattr(one, name) for one in trajectories], -1 if name == "seats" else 1
            )
            for name in names
        }
    )


def roll(family: Family, ticket: Ticket, networks: Sequence[ActorCritic]) -> Played:
    """Play one whole episode in each of the ticket's B worlds; one forward pass per member and step.

    The result is a pure function of the ticket and the networks' weights. B must be a multiple of 32,
    unless scripts play alone.
    """
    with torch.inference_mode():
        return _Roll(family, ticket, networks).play()


class Lanes:
    """The (world, agent) seats of one member, with its memory and its noise for the whole unit."""

    def __init__(self, ticket: Ticket, member: int, network: ActorCritic, steps: int) -> None:
        self.network = network
        self.seats = np.flatnonzero(ticket.roster.reshape(-1) == member)
        padding = -len(self.seats) % PAD
        self.padded = np.concatenate([self.seats, np.repeat(self.seats[:1], padding)])
        self.state = network.start(len(self.padded))
        generator = torch.Generator().manual_seed(rng.seed(rng.key(ticket.key, "actions", member)))
        shape = (steps, len(self.padded), network.num_actions)
        self.log_noise = torch.empty(shape).exponential_(generator=generator).log_()

    def act(self, observations: np.ndarray, step: int, greedy: bool) -> tuple[torch.Tensor, ...]:
        """Choose from observations [B * N, D]; -> actions, logits, values, observations."""
        seen = torch.from_numpy(np.take(observations, self.padded, axis=0))
        logits, values, self.state = self.network.step(seen, self.state)
        # argmax of p / e with e ~ Exp(1) is a draw from p (the exponential race)
        race = logits if greedy else logits - self.log_noise[step]
        return race.argmax(-1), logits, values, seen


class _Roll:
    """The arrays of one call of `roll`."""

    def __init__(self, family: Family, ticket: Ticket, networks: Sequence[ActorCritic]) -> None:
        self.family, self.ticket = family, ticket
        self.worlds, self.agents = ticket.roster.shape
        if self.worlds % PAD and (ticket.roster >= 0).any():
            raise ValueError(
                f"a ticket holds {self.worlds} worlds; it must hold a multiple of {PAD}"
            )
        self.state = family.state(self.worlds)
        family.reset(self.state, ticket.rows)
        self.state.penalty = round(1000 * ticket.penalty)
        members = sorted({int(seat) for seat in np.unique(ticket.roster) if seat >= 0})
        self.lanes = {
            member: Lanes(ticket, member, networks[member], family.horizon) for member in members
        }
        self.observations = np.zeros((self.worlds, self.agents, family.observation_size), np.uint8)
        self.actions = np.zeros((self.worlds, self.agents), np.int8)
        self.trial_length = family.horizon // family.trials
        self.taken = np.zeros((family.horizon, ticket.record, self.agents), np.int8)
        self.seen = np.zeros((family.horizon, ticket.record), np.uint8)
        self.memory: np.ndarray | None = None
        self.trajectories = {member: self._buffers(member) for member in ticket.learning}
        self.logits: dict[int, list[torch.Tensor]] = {member: [] for member in ticket.learning}
        self.moved = ticket.roster != NOBODY

    def play(self) -> Played:
        family, state, steps = self.family, self.state, 0
        for t in range(family.horizon):
            self._draw_visibility(t)
            self._observe()
            lived = self._lived()
            steps += int((lived & self.moved).sum())
            if t % self.trial_length == 0:
                self._begin_trial(t)
            for member in self.lanes:
                self._act(member, t)
            self._act_scripted(t)
            self.taken[t] = self.actions[: self.ticket.record]
            self.seen[t] = state.visible[: self.ticket.record]
            rewards, ends = family.step(state, self.actions)
            for trajectory in self.trajectories.values():
                seats = trajectory.seats
                trajectory.rewards[t] = rewards.reshape(-1)[seats] * np.float32(0.001)
                trajectory.ends[t] = (ends[seats // self.agents] & EPISODE_ENDED) > 0
                trajectory.lived[t] = lived.reshape(-1)[seats]
        for member, trajectory in self.trajectories.items():
            log_probs = torch.log_softmax(torch.stack(self.logits[member]), -1)
            actions = torch.from_numpy(trajectory.actions)[..., None]
            trajectory.log_probs[:] = log_probs.gather(-1, actions).squeeze(-1).numpy()
        trial_returns = (state.trial_returns / 1000).astype(np.float32)
        return Played(
            returns=trial_returns.sum(-1),
            trial_returns=trial_returns,
            trajectories=tuple(self.trajectories.values()),
            actions=self.taken,
            visible=self.seen,
            memory=self.memory,
            steps=steps,
        )

    def _buffers(self, member: int) -> Trajectory:
        if member not in self.lanes:
            raise ValueError(f"member {member} learns but has no seat in its ticket")
        shape = (self.family.horizon, len(self.lanes[member].seats))
        return Trajectory(
            observations=np.zeros((*shape, self.family.observation_size), np.uint8),
            actions=np.zeros(shape, np.int64),
            log_probs=np.zeros(shape, np.float32),
            values=np.zeros(shape, np.float32),
            rewards=np.zeros(shape, np.float32),
            ends=np.zeros(shape, np.uint8),
            lived=np.zeros(shape, bool),
            seats=self.lanes[member].seats,
        )

    def _draw_visibility(self, t: int) -> None:
        """One draw per world and step for all demonstrators together."""
        chance = self.ticket.visibility[self.state.trial]
        counters = np.arange(t * self.worlds, (t + 1) * self.worlds, dtype=np.uint64)
        words = rng.words(rng.key(self.ticket.key, "visible"), counters)
        drawn = (words >> np.uint64(32)) < (chance * 2**32).astype(np.uint64)
        self.state.visible[:] = drawn & (self.ticket.roster[:, 1:] != NOBODY).any(1)

    def _observe(self) -> None:
        self.family.observe(self.state, self.observations)
        if (
            self.ticket.start_memory is not None
        ):  # an elder lives in the last trial of its own life, again and again
            part, _ = self.family.layout["trial"]
            self.observations[:, 1:, part] = 0
            self.observations[:, 1:, part.stop - 1] = 1

    def _lived(self) -> np.ndarray:
        """bool [B, N]: whose body is there, in worlds that go on; of a body the first byte says so."""
        lived = np.repeat(self.state.over[:, None] == 0, self.agents, 1)
        if "body" in self.family.layout:
            there, _ = self.family.layout["body"]
            lived &= self.observations[:, :, there.start] > 0
        return lived

    def _begin_trial(self, t: int) -> None:
        """Elders return to their heirloom; the memory of the young is never touched."""
        last = self.family.horizon - self.trial_length
        if self.ticket.keep_memory and t == last:
            self.memory = np.zeros(
                (self.worlds, next(iter(self.lanes.values())).state.shape[1]), np.float32
            )
            for lanes in self.lanes.values():
                young = lanes.seats % self.agents == 0
                states = lanes.state[: len(lanes.seats)].numpy()
                self.memory[lanes.seats[young] // self.agents] = states[young]
        if self.ticket.start_memory is not None:
            for lanes in self.lanes.values():
                elders = np.flatnonzero(lanes.seats % self.agents)
                heirlooms = self.ticket.start_memory[lanes.seats[elders] // self.agents]
                lanes.state = lanes.state.clone()
                lanes.state[elders] = torch.from_numpy(np.array(heirlooms))

    def _act(self, member: int, t: int) -> None:
        lanes = self.lanes[member]
        flat = self.observations.reshape(-1, self.family.observation_size)
        actions, logits, values, inputs = lanes.act(flat, t, self.ticket.greedy)
        count = len(lanes.seats)
        self.actions.reshape(-1)[lanes.seats] = actions[:count].numpy()
        trajectory = self.trajectories.get(member)
        if trajectory is not None:
            trajectory.observations[t] = inputs[:count].numpy()
            trajectory.actions[t] = actions[:count].numpy()
            self.logits[member].append(logits[:count])
            trajectory.values[t] = values[:count].numpy()

    def _act_scripted(self, t: int) -> None:
        """Seats without a member: oracles aim, noise moves at random, nobody stays where it is and is never shown."""
        ticket, roster = self.ticket, self.ticket.roster
        for agent in range(self.agents):
            seats = roster[:, agent]
            if (seats == ORACLE).any():
                moves = self.family.oracle(
                    self.state, agent, rng.key(ticket.key, "aim", agent), ticket.oracle_noise
                )
                self.actions[seats == ORACLE, agent] = moves[seats == ORACLE]
            if (seats == NOISE).any():
                counters = np.arange(t * self.worlds, (t + 1) * self.worlds, dtype=np.uint64)
                words = rng.words(rng.key(ticket.key, "noise", agent), counters)
                moves = rng.below(words, self.family.num_actions)
                self.actions[seats == NOISE, agent] = moves[seats == NOISE]
            self.actions[seats == NOBODY, agent] = NO_ACTION
