"""Memory Sequence as a family of worlds: settings, batches, and calls into its kernels."""

from typing import Any

import numpy as np

from worlds.family import version as family_version
from worlds.scene import Scene
from worlds.sequences.comments import CommentFamily, CommentState, knowledge, require_started
from worlds.sequences.memory_sequence import kernels, picture
from worlds.sequences.memory_sequence.ceiling import lone_ceiling
from worlds.sequences.memory_sequence.columns import DIGITS, RIGHT, TRIALS, WRONG
from worlds.sequences.memory_sequence.space import MemorySpace
from worlds.sequences.ranges import check_ranges, checked_key

_LIMITS = {
    "digits": (2, 10),
    "length": (1, 64),
    "trials": (1, 32),
    "demonstrators": (0, 8),
    "wrong_penalty": (0, 1000),
}


class MemoryState(CommentState):
    """B worlds of Memory Sequence."""

    # [B, X, L] int8, what agent_0 said: a digit, NO_ACTION for none, `kernels.UNSAID` where not yet
    said: np.ndarray


class MemorySequence(CommentFamily):
    """Say a sequence of digits from memory; demonstrators show what they take for the digit due.

    `digits` different ones, `length` places, `trials` of one episode, so many `demonstrators`; a
    trial ends with its last place and, if `end_on_mistake`, at a mistake, which costs
    `wrong_penalty` thousandths. With `sequence_key` there is one sequence for all tasks, in one trial
    (train-time): then agent_0 sees nothing but comments, and with `observe_clock` the place that is
    due. Cook 2024, with the corrections listed in docs.
    """

    name = "memory_sequence"
    version = family_version("memory_sequence")
    knowing, has_oracle = True, True

    def __init__(
        self,
        digits: int = 3,
        length: int = 24,
        trials: int = 4,
        demonstrators: int = 3,
        end_on_mistake: bool = True,
        wrong_penalty: int = 1000,
        sequence_key: int | None = None,
        observe_clock: bool = False,
    ) -> None:
        self.settings: dict[str, Any] = {
            "digits": digits,
            "length": length,
            "trials": trials,
            "demonstrators": demonstrators,
            "end_on_mistake": end_on_mistake,
            "wrong_penalty": wrong_penalty,
            "sequence_key": checked_key("sequence_key", sequence_key),
            "observe_clock": observe_clock,
        }
        _check(self.settings)
        self.length = length
        self.horizon = trials * length
        self.action_names = tuple(f"digit {digit}" for digit in range(digits))
        end = " and ends the trial" if end_on_mistake else ""
        self.space = MemorySpace(
            digits,
            length,
            trials,
            self.settings["sequence_key"],
            rules=f"+1 for the right one, a mistake costs {wrong_penalty / 1000:g}{end}",
        )
        self._fit(
            symbols=digits,
            demonstrators=demonstrators,
            trials=trials,
            reward_levels=((RIGHT, RIGHT), (WRONG, WRONG)),
            bare=sequence_key is not None,
            clock=length if observe_clock else 0,
        )

    def state(self, num_worlds: int) -> MemoryState:
        """Room for `num_worlds` worlds; `reset` comes before anything else."""
        sizes = (self._demonstrators, self.trials, self.space.width)
        state = MemoryState(num_worlds, *sizes, self.settings["wrong_penalty"])
        state.said = np.empty((num_worlds, self.trials, self.length), dtype=np.int8)
        return state

    def reset(self, state: MemoryState, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]`, int16 `[B, width]`, in every world i."""
        super().reset(state, rows)
        state.said[:] = kernels.UNSAID

    def oracle(self, state: MemoryState, agent: int, key: int, noise: float = 0.0) -> np.ndarray:
        """Actions int8 `[B]` of the scripted agent that knows the digits; overwritten by the next call.

        At each step it knows the digit due with chance 1 - 1 / (1 + m u), m = (1 - noise) / noise,
        else it takes any. Its u, uniform in 0..1, is drawn for the episode and the larger the higher
        the number of the demonstrator. All depends on `key`, `state.worlds` and the step alone.
        """
        self._check_oracle(state, agent, noise)
        known = knowledge(np.uint64(key), state.worlds, self.num_agents)[:, agent]
        # 1 - 1 / (1 + m u) without a division by a noise of 0.
        odds = (1.0 - noise) * known
        chances = odds / (noise + odds) if noise else np.ones_like(known)
        kernels.oracle(
            state.record,
            state.worlds,
            chances,
            self.num_agents,
            agent,
            np.uint64(key),
            self._symbols,
            state.oracle_actions,
        )
        return state.oracle_actions

    def oracle_returns(self, rows: np.ndarray, noise: float = 0.0) -> np.ndarray:
        """float32 `[n]`: right digits of the oracle as agent_0, alone, over one episode."""
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        state = self.state(len(rows))
        self.reset(state, rows)
        actions = np.zeros((len(rows), self.num_agents), dtype=np.int8)
        for _ in range(self.horizon):
            actions[:, 0] = self.oracle(state, 0, 0, noise)
            self.step(state, actions)
        return (state.trial_returns[:, 0].sum(axis=1) / 1000).astype(np.float32)

    def yardsticks(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """float32 `[n, X]` right digits: the exact oracle, and the ceiling of a learner without company.

        There is no ceiling for one sequence that is met again in every episode.
        """
        lines = {"oracle": np.full(self.trials, float(self.length))}
        if self.settings["sequence_key"] is None:
            lines["ceiling"] = lone_ceiling(
                self._symbols, self.length, self.trials, self.settings["end_on_mistake"]
            )
        return {
            name: np.tile(line.astype(np.float32), (len(rows), 1)) for name, line in lines.items()
        }

    def progress(self, state: MemoryState) -> np.ndarray:
        """float32 `[B, N]`: right digits of this trial, as a share of all; 0 for demonstrators."""
        require_started(state)
        out = np.zeros((state.num_worlds, self.num_agents), dtype=np.float32)
        worlds = np.arange(state.num_worlds)
        out[:, 0] = state.trial_returns[worlds, 0, state.trial] / (1000 * self.length)
        return out

    def scene(self, state: MemoryState, index: int) -> Scene:
        """What a picture of world `index` shows."""
        require_started(state)
        return picture.world_scene(state, index, self._symbols)

    def view_scene(self, observation: np.ndarray) -> Scene:
        """What a picture of one agent's observation, uint8 `[D]`, shows."""
        return picture.view_scene(np.asarray(observation), self.layout)

    def text(self, state: MemoryState, index: int) -> str:
        """World `index` as lines of letters."""
        require_started(state)
        return picture.text(state, index, self._symbols)

    def _in_bounds(self, rows: np.ndarray) -> bool:
        digits = rows[:, DIGITS:]
        known = (digits >= 0).all() and (digits < self._symbols).all()
        return bool(known and (rows[:, TRIALS] == self.trials).all())

    def _step(self, state: MemoryState, actions: np.ndarray) -> None:
        kernels.step(
            state.record,
            state.said,
            state.trial_returns,
            actions,
            int(state.penalty),
            self._symbols,
            self.settings["end_on_mistake"],
            state.rewards,
            state.ends,
        )


def _check(settings: dict[str, Any]) -> None:
    check_ranges(settings, _LIMITS)
    for name in ("end_on_mistake", "observe_clock"):
        if not isinstance(settings[name], bool):
            raise ValueError(f"{name} is {settings[name]!r}, allowed are True and False")
    if settings["sequence_key"] is None and settings["observe_clock"]:
        raise ValueError("observe_clock is True, allowed is False without a sequence_key")
    if settings["sequence_key"] is not None and settings["trials"] != 1:
        raise ValueError(f"trials is {settings['trials']}, allowed is 1 with a sequence_key")
