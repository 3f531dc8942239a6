"""Conformance of worlds: what PettingZoo's tests look at, and what they let through."""

import copy
import hashlib
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from worlds import rng
from worlds.family import Family

_AFTER = 3  # steps of another episode before a reused world is reset


def check(
    make_world: Callable[[], Any], seeds: Sequence[int] = (0, 1, 2), steps: int = 200
) -> list[str]:
    """What is wrong with the worlds that `make_world` makes; empty if nothing was found.

    Every seed is played to its end (at most `steps` steps) in two fresh worlds and in one that is
    reset in mid-episode; all three must agree at every step, whatever the global generators hold.
    All seeds are played with the same actions, and must not give the same episode.
    """
    found: dict[str, None] = {}
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        digests = [_check_seed(make_world, seed, steps, found) for seed in seeds]
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
    if len(digests) > 1 and len(set(digests)) == 1:
        found["seed ignored: all seeds give the same episode"] = None
    return list(found)


def check_family(family: Family, key: int = 0, steps: int = 200) -> list[str]:
    """What is wrong with a family: batches must not matter, and play must not change tasks."""
    found: dict[str, None] = {}
    rows = family.space.sample(rng.key("check", key), 32)
    steps = min(steps, family.horizon + 2)
    words = rng.words(rng.key("check actions", key), np.arange(steps * rows.shape[0] * 2))
    moves = rng.below(words, family.num_actions)[: steps * 32 * family.num_agents]
    actions = np.resize(moves, (steps, 32, family.num_agents)).astype(np.int8)
    whole = _play_batch(family, rows, actions, 0, found)
    if whole != _play_batch(family, rows, actions, 255, found):
        found["observe leaves bytes of its buffer as they were"] = None
    for part, name in ((slice(7, 8), "alone"), (slice(4, 16), "in another batch")):
        apart = _play_batch(family, rows[part], actions[:, part], 0, found)
        if [step[part] for step in whole] != apart:
            found[f"a world {name} plays differently"] = None
    return list(found)


def _play_batch(
    family: Family, rows: np.ndarray, actions: np.ndarray, fill: int, found: dict[str, None]
) -> list[list[bytes]]:
    """Digests [step][world] of all that a batch shows; `fill` is what its buffer held before."""
    state = family.state(len(rows))
    family.reset(state, rows)
    shape = (len(rows), family.num_agents, family.observation_size)
    out = np.full(shape, fill, dtype=np.uint8)
    trace = []
    for move in actions:
        if len(family.turns) > 1:
            state.shown[:] = move[:, 1:]
        family.observe(state, out)
        if (out >= family.cardinality).any():
            found["an observation holds a byte of its cardinality or more"] = None
        before = move.copy()
        rewards, ends = family.step(state, move)
        if not np.array_equal(before, move):
            found["step changes the caller's actions"] = None
        trace.append(
            [
                out[i].tobytes()
                + rewards[i].tobytes()
                + ends[i].tobytes()
                + family.bytes_of(state, i)
                for i in range(len(rows))
            ]
        )
    if not np.array_equal(state.rows, rows):
        found["play changes the task"] = None
    return trace


def _check_seed(
    make_world: Callable[[], Any], seed: int, steps: int, found: dict[str, None]
) -> str:
    """Plays one seed three times, the third time in a used world; the digest of the episode."""
    traces = []
    actions: list[dict[str, Any]] = []
    for attempt in range(3):
        random.seed(attempt)
        np.random.seed(attempt)
        before = _globals()
        try:
            world = make_world()
            if attempt == 2:
                _Player(world, seed + 1, [], {}).play(_AFTER)
            player = _Player(world, seed, actions, found)
            traces.append(player.play(steps))
        except Exception as problem:  # a world may fail in any way, and that is a finding
            found[f"raised {type(problem).__name__}: {problem}"] = None
            return ""
        if _globals() != before:
            found["a global random generator was used"] = None
    names = ("two fresh worlds differ", "a world that was reset in mid-episode differs")
    for trace, name in zip(traces[1:], names, strict=True):
        if trace != traces[0]:
            both = zip(trace, traces[0], strict=False)
            step = next((t for t, (one, other) in enumerate(both) if one != other), len(trace))
            found[f"{name} from the first at step {step} with equal seed and actions"] = None
    return "".join(traces[0])


class _Player:
    """Plays one episode, with the actions that `actions` already holds, and notes faults."""

    def __init__(
        self, world: Any, seed: int, actions: list[dict[str, Any]], found: dict[str, None]
    ) -> None:
        self.world, self.seed, self.actions, self.found = world, seed, actions, found
        self.earlier: list[tuple[np.ndarray, np.ndarray]] = []  # observations given, and copies

    def play(self, steps: int) -> list[str]:
        """A digest of each step, the reset first."""
        observations, infos = self.world.reset(seed=self.seed)
        live = list(self.world.agents)
        spaces = {agent: copy.deepcopy(self.world.action_space(agent)) for agent in live}
        for place, agent in enumerate(live):
            spaces[agent].seed(rng.key("check", place) % 2**31)
            self._check_spaces(agent)
        self._check_observations(observations, live)
        self._check_infos(infos, live)
        trace = [_digest(observations)]
        ended: set[str] = set()
        for t in range(steps):
            if not live:
                break
            if t == len(self.actions):
                self.actions.append({agent: spaces[agent].sample() for agent in live})
            actions = {agent: self.actions[t].get(agent) for agent in live}
            given = dict(actions)
            observations, rewards, *ends, infos = self.world.step(actions)
            if actions != given:
                self._note("the caller's actions dict was changed")
            self._check_observations(observations, live)
            self._check_rewards(rewards, live)
            self._check_infos(infos, live)
            ended |= self._check_ends(ends, live)
            trace.append(_digest(observations, rewards, *ends))
            now = list(self.world.agents)
            for agent in sorted(ended & set(now)):
                kind = "was kept in agents" if agent in live else "came back"
                self._note(f"an agent that had ended {kind}")
            live = [agent for agent in now if agent not in ended]
        else:
            if live and steps > _AFTER:
                self._note(f"the episode does not end within {steps} steps: raise steps if it may")
        return trace

    def _note(self, problem: str) -> None:
        self.found[problem] = None

    def _check_spaces(self, agent: str) -> None:
        for name in ("observation_space", "action_space"):
            space = getattr(self.world, name)
            if space(agent) is not space(agent):
                self._note(f"{name} gives a new object on each call")

    def _check_observations(self, observations: Any, live: list[str]) -> None:
        for given, kept in self.earlier:
            if not np.array_equal(given, kept, equal_nan=given.dtype.kind == "f"):
                self._note("an observation given earlier was overwritten: the buffer is shared")
        self.earlier = []
        for agent in live:
            if agent not in observations:
                self._note("an observation is missing")
                continue
            found, space = observations[agent], self.world.observation_space(agent)
            if not isinstance(found, np.ndarray):
                if not space.contains(found):
                    self._note("an observation is not in its space")
                continue
            self.earlier.append((found, found.copy()))
            if found.dtype != space.dtype:
                self._note(f"an observation is {found.dtype}, its space {space.dtype}")
            elif found.shape != space.shape:
                self._note(f"an observation has shape {found.shape}, its space {space.shape}")
            elif found.dtype.kind == "f" and np.isnan(found).any():
                self._note("an observation holds NaN")
            elif not space.contains(found):
                self._note("an observation is out of the bounds of its space")

    def _check_rewards(self, rewards: Any, live: list[str]) -> None:
        for agent in live:
            reward = rewards.get(agent)
            if agent not in rewards:
                self._note("a reward is missing")
            elif isinstance(reward, bool) or not isinstance(reward, int | float | np.number):
                self._note(f"a reward is {type(reward).__name__}, not a number")
            elif not math.isfinite(reward):
                self._note("a reward is not finite")

    def _check_ends(self, ends: Sequence[Any], live: list[str]) -> set[str]:
        ended = set()
        for name, values in zip(("termination", "truncation"), ends, strict=True):
            for agent in live:
                value = values.get(agent)
                if not isinstance(value, bool | np.bool_):
                    self._note(f"a {name} is {type(value).__name__}, not bool")
                if value:
                    ended.add(agent)
        return ended

    def _check_infos(self, infos: Any, live: list[str]) -> None:
        for agent in live:
            if agent not in infos:
                self._note("an info is missing")
            elif not isinstance(infos[agent], dict):
                self._note(f"an info is {type(infos[agent]).__name__}, not dict")


def _globals() -> str:
    """What the global generators hold."""
    state = np.random.get_state(legacy=False)
    return repr(random.getstate()) + repr(
        {name: str(value) for name, value in state["state"].items()}
    )


def _digest(*parts: Any) -> str:
    """A digest of dicts of arrays and numbers, whatever the order of their keys."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        for agent in sorted(part):
            value = part[agent]
            whole = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            digest.update(agent.encode() + b"\0" + whole + b"\0")
    return digest.hexdigest()
