"""A whole task in plain sentences: the level, the agents and their goals, the rules, the trials."""

import numpy as np

from worlds.playground.constants import (
    FLOORS,
    GADGETS,
    KINDS,
    NO_GADGET,
    PREDICATES,
    REWARD_MODES,
    TRIAL_ENDS,
)
from worlds.playground.making.metrics import metrics
from worlds.playground.task import Task, goals_of
from worlds.playground.text import KIND_NAMES, goal_sentence, rule_sentences

_REWARDS = {
    "state": "A step earns 1 while the goal holds.",
    "first": "The first step of a trial at which the goal holds earns up to 1, the sooner the more.",
    "flip": "A step earns 1 when the goal begins to hold, and then when it ceases to, in turn.",
}
_ENDS = {
    "time": "",
    "any_goal": " or until some agent has reached its goal",
    "all_goals": " or until all agents have reached their goals",
}
_AN = (8, 11, 18)  # an eight, an eleven, an eighteen


def describe(task: Task) -> str:
    """A valid task as sentences, one line each for the level, every agent, and every rule."""
    lines = [_level(task), *(_agent(task, agent) for agent in range(task.bodies))]
    lines += _game(task)
    lines += [f"Rule: {told}." for told in rule_sentences(task)]
    lines += filter(None, (_hidden(task, agent) for agent in range(task.bodies)))
    return "\n".join([*lines, _trials(task)])


def _level(task: Task) -> str:
    rows, columns = task.height.shape
    heights = sorted(set(task.height.ravel().tolist()) | set((task.height + (task.ramp > 0)).flat))
    ground = f"height {heights[0]}" if len(heights) == 1 else f"heights {_span(heights)}"
    ramps = int((task.ramp > 0).sum())
    floors = [FLOORS[mark - 1] for mark in np.unique(task.floor).tolist() if mark]
    article = "An" if rows in _AN else "A"
    told = f"{article} {rows}x{columns} level of {ground} with {_count(ramps, 'ramp')}"
    painted = f", painted {_list(floors)}" if floors else ""
    return f"{told}{painted}, with {_objects(task)}."


def _span(heights: list[int]) -> str:
    return f"{heights[0]} to {heights[-1]}"


def _objects(task: Task) -> str:
    counts: dict[tuple[int, int], int] = {}
    for kind, fixed in zip(task.kinds.tolist(), task.fixed.tolist(), strict=True):
        if kind >= 0:
            counts[kind, fixed] = counts.get((kind, fixed), 0) + 1
    names = [
        _count(count, KIND_NAMES[kind]) + (" that nobody can move" if fixed else "")
        for (kind, fixed), count in sorted(counts.items())
    ]
    return _list(names) or "no objects"


def _agent(task: Task, agent: int) -> str:
    gadget = task.gadgets[agent]
    owns = "" if gadget == NO_GADGET else f", who can {GADGETS[gadget]},"
    return f"agent_{agent}{owns} wants: {goal_sentence(task, agent)}."


def _game(task: Task) -> list[str]:
    """How far the goals of several agents agree, if all of them have one."""
    goals = goals_of(task)
    if len(goals) == 1 or not all(goals):
        return []
    together = round(100 * metrics(goals).cooperativeness)
    return [f"Where some goal holds, all hold in {together} %: competitiveness {100 - together} %."]


def _hidden(task: Task, agent: int) -> str:
    rules = [f"rule {bit + 1}" for bit in _bits(task.hidden_rules[agent])]
    kinds = [KIND_NAMES[bit] for bit in _bits(task.hidden_kinds[agent])]
    predicates = [PREDICATES[bit] for bit in _bits(task.hidden_predicates[agent])]
    parts = [*rules, *kinds, *predicates]
    return f"Hidden from agent_{agent} in the rules: {_list(parts)}." if parts else ""


def _trials(task: Task) -> str:
    steps = f"{_count(task.trials, 'trial')} of {task.trial_length} steps"
    end = _ENDS[TRIAL_ENDS[task.trial_end]]
    told = f"{steps}{end}. {_REWARDS[REWARD_MODES[task.reward_mode]]}"
    return " ".join([told, *filter(None, (_presence(task, n) for n in range(task.bodies)))])


def _presence(task: Task, agent: int) -> str:
    """When an agent is not there all the time."""
    present = task.present[: task.trials, agent].tolist()
    away = [trial + 1 for trial, steps in enumerate(present) if steps == 0]
    early = [trial + 1 for trial, steps in enumerate(present) if 0 < steps < task.trial_length]
    parts = []
    if away:
        parts.append(f"is not there in {_trial_names(away)}")
    if early:
        parts.append(f"leaves early in {_trial_names(early)}")
    return f"agent_{agent} {' and '.join(parts)}." if parts else ""


def _trial_names(trials: list[int]) -> str:
    return f"trial{'s' if len(trials) > 1 else ''} {_list([str(trial) for trial in trials])}"


def _count(count: int, name: str) -> str:
    """`a ramp`, `3 ramps`, `no ramps`."""
    if count == 1:
        return f"1 {name}"
    return f"{count or 'no'} {name}s"


def _list(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])


def _bits(mask: np.unsignedinteger) -> list[int]:
    return [bit for bit in range(max(KINDS, 32)) if int(mask) >> bit & 1]
