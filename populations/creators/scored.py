"""What every creator here does alike: score what was played and keep it in one buffer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from populations.creators.buffer import Buffer
from populations.creators.combined import below
from populations.creators.creator import HOW_NAMES, NO_PARENT, Outcomes, Proposal, hexadecimal
from populations.creators.draws import Draws
from populations.creators.groups import Groups, group
from populations.creators.past import Past, around
from populations.creators.scores import AGENTS, BY_ELDERS, SCORES, judged
from worlds.family import TaskSpace


@dataclass(frozen=True)
class Kit:
    """What every creator that scores tasks works with.

    With `rosters`, a task from the buffer, or evolved from one, asks for the company it was scored
    with. The scores of a task's agents become one by `agents`, "mean" or "sum". Raises ValueError for
    a score that is not in `SCORES`, or another way to make one.
    """

    world: str  # name of the family
    space: TaskSpace
    key: int  # 64 bits, of all its draws
    score: str
    buffer: Buffer
    rosters: bool = False
    agents: str = "mean"

    def __post_init__(self) -> None:
        if self.agents not in AGENTS:
            raise ValueError(f"agents is {self.agents!r}; choose one of {', '.join(AGENTS)}")
        if self.score not in SCORES:
            known = ", ".join(sorted(SCORES))
            raise ValueError(f"score is {self.score!r}; choose one of {known}")


class Scored:
    """A creator's buffer, score, draws and counts; a subclass adds `propose`."""

    def __init__(self, kit: Kit) -> None:
        self.world, self.space = kit.world, kit.space
        self.score, self.buffer = kit.score, kit.buffer
        self.rosters, self.agents = kit.rosters, kit.agents
        self.draws = Draws(kit.key)
        self.past = Past(kit.space.dim, kit.space.width)
        self.proposed = np.zeros(len(HOW_NAMES), np.int64)  # tasks proposed, by how they came about
        self.steps = np.zeros(2, np.int64)  # agent-steps observed: of probes, of training

    def observe(self, outcomes: Outcomes) -> None:
        """Scores every (task, roster) of the batch and puts it into the buffer.

        Raises ValueError for a held-out task and KeyError for a signal the score needs but lacks.
        """
        if not len(outcomes.task):
            return
        self._refuse_held_out(outcomes.proposal.rows)
        groups = group(self.world, outcomes, self.buffer.agents)
        slots, memory = self.buffer.recall(groups)
        if self.score in BY_ELDERS:
            memory = replace(memory, known=self._known(groups))
        self.buffer.put(groups, slots, memory, judged(self.score, self.agents, groups, memory))
        self.past.play(groups.rows, *groups.overall())
        self.steps += np.bincount(outcomes.train, outcomes.steps, minlength=2).astype(np.int64)

    def graduate(self) -> None:
        """A generation is over: what it earned on the tasks it played last counts as known to be possible."""
        self.past.close(self.space.vector)
        self.buffer.forget()

    def _known(self, groups: Groups) -> np.ndarray:
        """[K] what elders and earlier generations earned on the tasks nearest to those of the groups; NaN: nothing."""
        vectors = self.space.vector(groups.rows)
        known, buffer = self.past.best(vectors), self.buffer
        visits = buffer["elder_visits"].sum(1)
        shown = visits > 0
        if shown.any():
            sums = (buffer["elder_visits"] * buffer["elder"]).sum(1)[shown]
            near = self.space.vector(buffer["rows"][shown])
            beside = around(vectors, near, sums / visits[shown], visits[shown])
            known = np.fmax(known, beside)
        return known

    def state(self) -> dict[str, np.ndarray]:
        """Buffer, key, counters: arrays that go on bit for bit where this creator stands."""
        return {
            **{f"buffer.{name}": column for name, column in self.buffer.state().items()},
            **{f"past.{name}": column for name, column in self.past.state().items()},
            "key": np.array([self.draws.seed], np.uint64),
            "draws": np.array([self.draws.counter], np.int64),
            "proposed": self.proposed.copy(),
            "steps": self.steps.copy(),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if set(state) != set(self.state()):
            odd = ", ".join(sorted(set(state) ^ set(self.state())))
            raise ValueError(f"the state belongs to another kind of creator; they differ in {odd}")
        if int(state["key"][0]) != self.draws.seed:
            raise ValueError("the state belongs to a creator with another key; use the same seed")
        self.buffer.load(below(state, "buffer."))
        self.past.load(below(state, "past."))
        self.draws.counter = int(state["draws"][0])
        self.proposed = state["proposed"].copy()
        self.steps = state["steps"].copy()

    def tuned(self) -> dict[str, float]:
        """The settings that may change while it works, by name."""
        return {}

    def tune(self, values: dict[str, float]) -> None:
        """Gives all of `tuned()` new values."""

    def metrics(self) -> dict[str, float]:
        """Buffer size, scores and what was proposed so far; steps are agent-steps."""
        buffer, scores, weights = self.buffer, self.buffer["score"], self.buffer.weights()
        total = max(int(self.proposed.sum()), 1)
        shares = zip(HOW_NAMES, (self.proposed / total).tolist(), strict=True)
        return {
            "buffer_size": float(buffer.size),
            "score_mean": float(scores.mean()) if buffer.size else 0.0,
            "score_max": float(scores.max()) if buffer.size else 0.0,
            "effective_tasks": 1 / float(np.sum(weights**2)) if buffer.size else 0.0,
            "refused": float(buffer.refused),
            **{f"share_{name}": share for name, share in shares},
            "probe_steps": float(self.steps[0]),
            "train_steps": float(self.steps[1]),
        }

    def rows(self) -> np.ndarray:
        """[size, width] int16, the kept tasks, in the order of `table()`."""
        return self.buffer["rows"].copy()

    def table(self) -> dict[str, np.ndarray]:
        """The kept tasks; `task`, `parent` and `roster` as 16 hex digits, parent "" if drawn."""
        buffer = self.buffer
        visits, shares = buffer["visits"], buffer.scale.share(buffer["mean"])
        return {
            "task": np.array(hexadecimal(buffer["task"]), "<U16"),
            "parent": np.array(hexadecimal(buffer["parent"], NO_PARENT), "<U16"),
            "roster": np.array(hexadecimal(buffer["roster"]), "<U16"),
            "created": buffer["created"].copy(),  # in observed batches
            "score": buffer["score"].copy(),
            "estimator": np.full(buffer.size, self.score),
            "visits": visits.sum(1),  # in episodes
            # Of the agents in whose seats somebody learned; the best return on any task is 1.
            "solved": (visits * shares).sum(1) / np.maximum(visits.sum(1), 1),
        }

    def _proposal(
        self,
        rows: np.ndarray,
        how: np.ndarray,
        parents: np.ndarray,
        company: np.ndarray,
        train: bool = True,
    ) -> Proposal:
        """Counts and checks what is about to be proposed; `company` is asked for with `rosters` only."""
        self._refuse_held_out(rows)
        self.proposed += np.bincount(how, minlength=len(HOW_NAMES))
        return Proposal(
            rows.astype(np.int16),
            how.astype(np.uint8),
            parents.astype(np.uint64),
            np.full(len(rows), train),
            company.astype(np.uint64) if self.rosters else None,
        )

    def _refuse_held_out(self, rows: np.ndarray) -> None:
        if self.space.held_out(rows).any():
            raise ValueError(
                "a held-out task reached a creator; sample and mutate must never return one"
            )
