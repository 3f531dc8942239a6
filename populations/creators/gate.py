"""Probe candidates and let through those that are worth training on: XLand's and POET's way to tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from configs.creator_schema import Gate as Rule
from populations.creators.creator import (
    EVOLVED,
    NEW,
    NO_CHOICE,
    NO_PARENT,
    REPLAYED,
    Outcomes,
    Proposal,
    identities,
)
from populations.creators.distances import squares
from populations.creators.scored import Kit, Scored


@dataclass(frozen=True)
class Tasks:
    """n tasks and how well each member did on them."""

    rows: np.ndarray  # [n, width] int16
    tasks: np.ndarray  # [n] uint64, identities
    parents: np.ndarray  # [n] uint64
    vectors: np.ndarray  # [n, dim] float32
    scores: np.ndarray  # [n, P] float64, mean share of each member

    def __len__(self) -> int:
        return len(self.tasks)

    def of(self, chosen: np.ndarray | slice) -> Tasks:
        """Some of them."""
        return Tasks(*(getattr(self, part.name)[chosen] for part in fields(self)))

    def then(self, others: Tasks) -> Tasks:
        """These, then others of as many members."""
        return Tasks(
            *(
                np.concatenate([getattr(self, part.name), getattr(others, part.name)])
                for part in fields(self)
            )
        )

    def among(self, members: int) -> Tasks:
        """The same with scores of so many members; a new one counts as the mean of the others."""
        more = max(members - self.scores.shape[1], 0)
        mean = np.repeat(self.scores.mean(1, keepdims=True), more, axis=1)
        return replace(self, scores=np.concatenate([self.scores[:, :members], mean], axis=1))


@dataclass(frozen=True)
class Played:
    """E episodes of n tasks in the seat of agent 0, which random actions take too."""

    tasks: Tasks
    of: np.ndarray  # [E] int64, the task of each
    shares: np.ndarray  # [E] float64, of the best return on any task, the learner's
    controls: np.ndarray  # [E] float64, that of random actions; 0 where none played

    def mean(self, values: np.ndarray) -> np.ndarray:
        """[n] the mean of `values` [E] over the episodes of each task."""
        n = len(self.tasks)
        return np.bincount(self.of, values, n) / np.bincount(self.of, minlength=n)


# Which of the tasks played go to the queue, bool [n], given what stands there.
Accept = Callable[[Rule, Played, Tasks], np.ndarray]


def dynamic(rule: Rule, played: Played, queue: Tasks) -> np.ndarray:
    """Neither solved nor hopeless nor trivial (OEL Team 2021; Adaptive Agent Team 2023).

    P(share >= achieved) < solved, P(share > control + margin) >= ahead and P(control >= achieved) <
    trivial, each P over the episodes of a task.
    """
    solved = played.mean(played.shares >= rule.achieved)
    ahead = played.mean(played.shares > played.controls + rule.margin)
    trivial = played.mean(played.controls >= rule.achieved)
    return np.asarray((solved < rule.solved) & (ahead >= rule.ahead) & (trivial < rule.trivial))


def poet(rule: Rule, played: Played, queue: Tasks) -> np.ndarray:
    """Those that meet the minimal criterion low <= mean share <= high; of new ones the most novel only (Wang 2019).

    Novelty is the mean distance to the `nearest` nearest tasks of the queue and of those that meet
    the criterion. Where several members play, tasks are told apart by how these rank on them: PATA-EC
    (Wang 2020). One member ranks nothing; then they are told apart by their vectors.
    """
    mean, tasks = played.mean(played.shares), played.tasks
    fit = np.flatnonzero((rule.low <= mean) & (mean <= rule.high))
    held = np.isin(tasks.tasks[fit], queue.tasks)
    beside = queue.of(~np.isin(queue.tasks, tasks.tasks[fit])).then(tasks.of(fit))
    if tasks.scores.shape[1] > 1:
        places = _ranked(np.clip(beside.scores, rule.low, rule.high))
    else:
        places = beside.vectors.astype(np.float64)
    novelty = novelties(places, rule.nearest)[len(beside) - len(fit) :]
    newest = np.flatnonzero(~held)
    newest = newest[np.argsort(-novelty[newest], kind="stable")[: rule.admitted]]
    accepted = np.zeros(len(tasks), bool)
    accepted[fit[held]] = accepted[fit[newest]] = True
    return accepted


def novelties(places: np.ndarray, nearest: int) -> np.ndarray:
    """[n] mean distance of each of `places` [n, d] to the `nearest` nearest others; 0 for one alone."""
    count = min(nearest, len(places) - 1)
    if count < 1:
        return np.zeros(len(places))
    gaps = np.sort(np.sqrt(squares(places, places)), axis=1)
    return np.asarray(gaps[:, 1 : 1 + count].mean(1))  # the first is its own, 0


def _ranked(scores: np.ndarray) -> np.ndarray:
    """Ranks of P members by `scores` [n, P], from -1/2 of the worst to 1/2; equal scores share theirs."""
    below = (scores[:, :, None] > scores[:, None, :]).sum(2)
    above = (scores[:, :, None] < scores[:, None, :]).sum(2)
    return (below - above) / (2 * (scores.shape[1] - 1))


class Gate(Scored):
    """Every other proposal is of candidates, which are only probed; `accept` says which go to a queue.

    The other proposals are for training and drawn uniformly from the queue. That holds the latest
    `capacity` accepted tasks of the generation; one that is probed again is judged anew. With
    `control` random actions play each candidate too. Candidates are new or, with `edits`, mutations
    of tasks in the queue.

    While nothing is accepted, as when nobody can do anything yet, members train on new tasks and
    candidates are new ones: else they would never come to be able to do anything.

    Raises ValueError for settings out of range.
    """

    def __init__(
        self,
        kit: Kit,
        accept: Accept,
        rule: Rule,
        *,
        control: bool = False,
        edits: int = 0,
    ) -> None:
        super().__init__(kit)
        if edits < 0:
            raise ValueError(f"edits is {edits}; it must be 0 or more")
        self.accept, self.rule, self.control, self.edits = accept, rule, control, edits
        self.queue = self._empty()  # the oldest first
        self.proposals = 0  # made so far
        self.judged = np.zeros(2, np.int64)  # tasks: probed, and of those accepted

    def propose(self, n: int) -> Proposal:
        """`n` candidates, or `n` tasks for training."""
        probes = self.proposals % 2 == 0
        self.proposals += 1
        parents = np.full(n, NO_PARENT)
        if not len(self.queue) or (probes and not self.edits):
            rows, how = self.space.sample(self.draws.key(), n), np.full(n, NEW)
        else:
            chosen = self.queue.of(self.draws.below(len(self.queue), n))
            rows, how, parents = chosen.rows, np.full(n, REPLAYED), chosen.parents
            if probes:
                rows = self.space.mutate(rows, self.draws.key(), self.edits)
                how, parents = np.full(n, EVOLVED), chosen.tasks
        made = self._proposal(rows, how, parents, np.full(n, NO_CHOICE), train=not probes)
        return replace(made, control=probes and self.control)

    def observe(self, outcomes: Outcomes) -> None:
        """As every creator; judges what was probed, and learns how members do on what is in the queue."""
        super().observe(outcomes)
        told = (outcomes.agent == 0) & np.isfinite(outcomes.returns)
        if not told.any():
            return
        played = self._played(outcomes.of(outcomes.proposal, told, outcomes.task[told]))
        tasks, queue = played.tasks, self.queue.among(played.tasks.scores.shape[1])
        if outcomes.proposal.train.any():
            _, mine, theirs = np.intersect1d(queue.tasks, tasks.tasks, return_indices=True)
            queue.scores[mine] = tasks.scores[theirs]
            self.queue = queue
            return
        accepted = self.accept(self.rule, played, queue)
        self.judged += [len(tasks), int(accepted.sum())]
        stay = queue.of(~np.isin(queue.tasks, tasks.tasks))
        self.queue = stay.then(tasks.of(accepted)).of(slice(-self.buffer.capacity, None))

    def graduate(self) -> None:
        """A generation is over: what was accepted suited members who are no more."""
        super().graduate()
        self.queue = self._empty()

    def state(self) -> dict[str, np.ndarray]:
        """As every creator's, and the queue."""
        return {
            **super().state(),
            **{f"queue.{part.name}": getattr(self.queue, part.name) for part in fields(Tasks)},
            "proposals": np.array([self.proposals], np.int64),
            "judged": self.judged.copy(),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        self.queue = Tasks(*(state[f"queue.{part.name}"].copy() for part in fields(Tasks)))
        self.proposals = int(state["proposals"][0])
        self.judged = state["judged"].copy()

    def metrics(self) -> dict[str, float]:
        """As every creator's; the share of the probed tasks that were accepted, and the queue's length."""
        probed, accepted = self.judged.tolist()
        own = {"accepted": accepted / max(probed, 1), "queue_size": float(len(self.queue))}
        return super().metrics() | own

    def _played(self, outcomes: Outcomes) -> Played:
        """Episodes by task, whoever was there beside."""
        made, scale = outcomes.proposal, self.buffer.scale
        names = identities(self.world, made.rows)[outcomes.task]
        _, first, of = np.unique(names, return_index=True, return_inverse=True)
        order = np.argsort(first)  # tasks by their first episode
        place = np.argsort(order)
        of, first = place[of], first[order]
        shares = scale.share(outcomes.returns.astype(np.float64))
        floor = np.where(np.isfinite(outcomes.control_returns), outcomes.control_returns, -np.inf)
        members, member = np.unique(outcomes.member, return_inverse=True)
        n, cells = len(first), of * len(members) + member
        counts = np.bincount(cells, minlength=n * len(members)).reshape(n, -1)
        sums = np.bincount(cells, shares, n * len(members)).reshape(n, -1)
        mean = sums.sum(1, keepdims=True) / counts.sum(1, keepdims=True)
        rows = made.rows[outcomes.task[first]]
        tasks = Tasks(
            rows=rows,
            tasks=names[first],
            parents=made.parents[outcomes.task[first]],
            vectors=self.space.vector(rows),
            # Who did not play a task counts as the mean of those who did.
            scores=np.where(counts > 0, sums / np.maximum(counts, 1), mean),
        )
        return Played(tasks, of, shares, scale.share(floor))

    def _empty(self) -> Tasks:
        return Tasks(
            rows=np.zeros((0, self.space.width), np.int16),
            tasks=np.zeros(0, np.uint64),
            parents=np.zeros(0, np.uint64),
            vectors=np.zeros((0, self.space.dim), np.float32),
            scores=np.zeros((0, 1)),
        )
