"""Which games are the same game, whatever their agents and colours are called.

A *name* is an agent, an object colour or a floor colour. Names are told apart by what the game says
of each; where it says the same of several, each is tried as the first of them.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    COLOURS,
    FLOOR,
    KINDS,
    LARGEST,
    PREDICATES,
    colour_of,
    shape_of,
)
from worlds.playground.task import Atom, Goal, Rule, ordered

FORMAT = 0  # of what `game_digest` reads; another number gives every game another digest

Labels = dict[int, int]  # name -> number; names that share a number look alike
Told = tuple[object, ...]  # a game in the words of some labels; nested tuples that can be compared

_COLOUR = 128  # name of object colour 0; agents and floors are named by their selectors
_MARK = -1  # label of the name that is looked at


def game_digest(goals: Sequence[Goal], rules: Sequence[Rule]) -> str:
    """32 hexadecimal digits: equal for games that differ only in the names of agents and colours.

    goals, one per agent, and rules are those of a canonical task; rules keep their order. Level,
    hidden parts and presence are no part of a game.
    """
    told = _smallest(goals, rules, _refined(goals, rules, _first_labels(goals, rules)))
    return blake2b(repr((FORMAT, told)).encode(), digest_size=16).hexdigest()


def game_signature(goals: Sequence[Goal], rules: Sequence[Rule]) -> Told:
    """Counts of predicates and sizes of options and rules: cheap, and equal for equal games."""
    parts = [part for goal in goals for option in goal for part in option]
    sizes = sorted(sorted((len(yes), len(no)) for yes, no in goal) for goal in goals)
    return (
        tuple(tuple(goal) for goal in sizes),
        _counted(atom for part in parts for atom in part),
        tuple((rule.atom[0], len(rule.products)) for rule in rules),
    )


def _counted(atoms: Iterable[Atom]) -> tuple[int, ...]:
    predicates = [atom[0] for atom in atoms]
    return tuple(predicates.count(predicate) for predicate in range(len(PREDICATES)))


def _first_labels(goals: Sequence[Goal], rules: Sequence[Rule]) -> Labels:
    """One number for all agents, one for all object colours in use, one for all floors in use."""
    atoms = [atom for goal in goals for option in goal for part in option for atom in part]
    atoms += [rule.atom for rule in rules]
    used = {selector for atom in atoms for selector in atom[1:]}
    used |= {kind for rule in rules for kind in rule.products}
    colours = {_COLOUR + colour_of(kind) for kind in used if kind < KINDS}
    floors = {selector for selector in used if selector >= FLOOR}
    return (
        {AGENT + agent: 0 for agent in range(len(goals))}
        | dict.fromkeys(colours, LARGEST.agents)
        | dict.fromkeys(floors, LARGEST.agents + len(COLOURS))
    )


def _smallest(goals: Sequence[Goal], rules: Sequence[Rule], labels: Labels) -> Told:
    """The smallest telling of a game in which every name has a number of its own."""
    shared = [(len(names), label, names) for label, names in _cells(labels) if len(names) > 1]
    if not shared:
        return _told(goals, rules, labels)
    _, label, names = min(shared)
    first: list[int] = []  # names that were tried as the first of their cell
    found: list[Told] = []
    for name in names:
        # Of names that may change places without changing the game, one is enough.
        if not any(_may_exchange(goals, rules, labels, name, other) for other in first):
            first.append(name)
            later = {other: label + 1 for other in names if other != name}
            found.append(_smallest(goals, rules, _refined(goals, rules, labels | later)))
    return min(found)


def _refined(goals: Sequence[Goal], rules: Sequence[Rule], labels: Labels) -> Labels:
    """The labels after names were told apart by what the game says of each."""
    while True:
        finer = dict(labels)
        for label, names in _cells(labels):
            if len(names) > 1:
                said = {name: _told(goals, rules, labels | {name: _MARK}) for name in names}
                for name in names:
                    finer[name] = label + sum(said[other] < said[name] for other in names)
        if finer == labels:
            return labels
        labels = finer


def _cells(labels: Labels) -> list[tuple[int, list[int]]]:
    """Each number that labels use, with the names that have it."""
    return [
        (label, [name for name, other in labels.items() if other == label])
        for label in sorted(set(labels.values()))
    ]


def _may_exchange(
    goals: Sequence[Goal], rules: Sequence[Rule], labels: Labels, one: int, other: int
) -> bool:
    apart = {name: name for name in labels}
    swapped = apart | {one: other, other: one}
    return _told(goals, rules, apart) == _told(goals, rules, swapped)


def _told(goals: Sequence[Goal], rules: Sequence[Rule], labels: Labels) -> Told:
    """The game with labels in place of names; agents, options and atoms in rising order."""
    goals_told = sorted(
        (
            labels[AGENT + agent],
            _sorted((_part(yes, labels), _part(no, labels)) for yes, no in goal),
        )
        for agent, goal in enumerate(goals)
    )
    rules_told = [
        (_atom(rule.atom, labels), tuple(_selector(kind, labels) for kind in rule.products))
        for rule in rules
    ]
    return tuple(goals_told), tuple(rules_told)


def _part(atoms: Iterable[Atom], labels: Labels) -> Told:
    return _sorted(_atom(atom, labels) for atom in atoms)


def _atom(atom: Atom, labels: Labels) -> Told:
    predicate, a, b = atom
    pair = _selector(a, labels), _selector(b, labels)
    # What may be exchanged in the atom has no order of its own.
    mutual = ordered((predicate, a, b)) == ordered((predicate, b, a))
    return (predicate, _sorted(pair) if mutual else pair)


def _selector(selector: int, labels: Labels) -> Told:
    """Sort of the selector, shape, label; 0 where it has none."""
    if selector < KINDS:
        return (0, shape_of(selector), labels[_COLOUR + colour_of(selector)])
    if selector == ANY_AGENT:
        return (1, 0, 0)
    return (3 if selector >= FLOOR else 2, 0, labels[selector])


def _sorted(parts: Iterable[Any]) -> Told:
    return tuple(sorted(parts))
