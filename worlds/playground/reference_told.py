"""The flat observation of the plain Python playground: its view, body, goal and rules as bytes."""

from typing import Any

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    CHANNELS,
    FLOOR,
    KINDS,
    NO_KIND,
    NO_RULE,
    PRODUCTS,
    Sizes,
    colour_of,
    shape_of,
)
from worlds.playground.reference import ReferenceWorld


def observation(
    world: ReferenceWorld, task: Any, sizes: Sizes, agent: int, seen: bool
) -> list[int]:
    """All bytes that an agent observes; `seen`: are the other bodies shown to it.

    `task` is the world's, in arrays of these sizes.
    """
    view = world.view_of(agent)
    planes = [[cell[channel] for row in view for cell in row] for channel in range(CHANNELS)]
    shown = sizes.goal_atoms, sizes.options
    truths = [world.truth >> m & 1 for m in world.goal_atoms[agent]]
    options = [int(world.option_holds(option)) for option in world.options[agent]]
    if not seen:
        planes[4:] = [[0] * len(plane) for plane in planes[4:]]
        known = {m for m in world.goal_atoms[agent] if not _social(task.atoms[m], agent)}
        truths = [
            truth * (m in known) for m, truth in zip(world.goal_atoms[agent], truths, strict=True)
        ]
        options = [
            holds
            * all(m in known or not (require | forbid) >> m & 1 for m in world.goal_atoms[agent])
            for holds, (require, forbid) in zip(options, world.options[agent], strict=True)
        ]
    return [
        *(value for plane in planes for value in plane),
        *world.body_marks(agent),
        *_clock(world, agent),
        *_padded(truths, shown[0]),
        *_padded(options, shown[1]),
        *_goal(world, task, sizes, agent),
        *_rules(world, task, sizes, agent),
    ]


def _clock(world: ReferenceWorld, agent: int) -> list[int]:
    reward, length = world.last_rewards[agent], world.task.trial_length
    return [
        world.last_actions[agent],
        1 + reward * 253 // 1000 if reward else 0,
        world.trial,
        world.task.trials,
        254 * world.time // length,
        min(length, 254),
        world.task.reward_mode,
        world.wants[agent],
    ]


def _goal(world: ReferenceWorld, task: Any, sizes: Sizes, agent: int) -> list[int]:
    asked = world.goal_atoms[agent]
    atoms = []
    for m in asked:
        predicate, a, b = (int(part) for part in task.atoms[m])
        atoms += [1 + predicate, *_symbol(world, agent, a), *_symbol(world, agent, b)]
    parts = []
    for require, forbid in world.options[agent]:
        marks = [1 if require >> m & 1 else 2 if forbid >> m & 1 else 0 for m in asked]
        parts += _padded(marks, sizes.goal_atoms)
    return [
        *_padded(atoms, 5 * sizes.goal_atoms),
        *_padded(parts, sizes.options * sizes.goal_atoms),
    ]


def _social(atom: Any, agent: int) -> bool:
    """Whether an atom is about another agent, or about any."""
    return any(
        AGENT <= selector <= ANY_AGENT and selector != AGENT + agent for selector in atom[1:]
    )


def _symbol(world: ReferenceWorld, agent: int, selector: int) -> tuple[int, int]:
    """Shape and colour: 1..4 objects, 5 agents (me first), 6 floors."""
    if selector < KINDS:
        return 1 + shape_of(selector), 1 + colour_of(selector)
    if selector == ANY_AGENT:
        return 5, 0
    if selector >= FLOOR:
        return 6, 1 + selector - FLOOR
    return 5, 1 + (selector - AGENT - agent) % world.bodies


def _rules(world: ReferenceWorld, task: Any, sizes: Sizes, agent: int) -> list[int]:
    """Hidden kinds and predicates have a number each, by first appearance in the rules that show."""
    kinds: list[int] = []
    predicates: list[int] = []

    def thing(selector: int) -> tuple[int, int]:
        if selector < KINDS and int(task.hidden_kinds[agent]) >> selector & 1:
            return 7, _number(kinds, selector)
        return _symbol(world, agent, selector)

    out = []
    for index, (atom, *products) in enumerate(task.rules.tolist()):
        if atom == NO_RULE:
            break
        if int(task.hidden_rules[agent]) >> index & 1:
            out += _padded([2], 6 + 2 * PRODUCTS)
            continue
        predicate, a, b = (int(part) for part in task.atoms[atom])
        hidden = int(task.hidden_predicates[agent]) >> predicate & 1
        verb = 8 + _number(predicates, predicate) if hidden else 1 + predicate
        things = [*thing(a), *thing(b)]
        things += [part for kind in products if kind != NO_KIND for part in thing(kind)]
        out += _padded([1, verb, *things], 6 + 2 * PRODUCTS)
    return _padded(out, sizes.rules * (6 + 2 * PRODUCTS))


def _number(known: list[int], hidden: int) -> int:
    if hidden not in known:
        known.append(hidden)
    return 1 + known.index(hidden)


def _padded(values: list[int], size: int) -> list[int]:
    return values + [0] * (size - len(values))
