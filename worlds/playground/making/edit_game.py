"""Small edits of goals, rules, what is hidden, and trials; in the form of `edit_level`."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from worlds.playground.constants import AGENT, KINDS, PRODUCTS
from worlds.playground.making.draws import Draws
from worlds.playground.making.games import GameSettings, atom_pool
from worlds.playground.settings import SpaceSettings
from worlds.playground.task import Atom, Goal, Option, Rule, Task, goals_of, rules_of, with_goals

_HIDDEN = ("hidden_rules", "hidden_kinds", "hidden_predicates")


def atom_add(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One more atom in an option."""
    options = [
        where for where, option in _options(task) if _size(option) < settings.sizes.goal_atoms
    ]
    if not options:
        return None
    where = draws.one(options)
    return _with_option(task, where, _grown(task, _option(task, where), draws, settings))


def atom_drop(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One atom less in an option that keeps another."""
    options = [where for where, option in _options(task) if _size(option) > 1]
    if not options:
        return None
    where = draws.one(options)
    return _with_option(task, where, _shrunk(_option(task, where), draws))


def atom_negate(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """What an option required it forbids, or the reverse."""
    options = [where for where, _ in _options(task)]
    if not options:
        return None
    where = draws.one(options)
    option = _option(task, where)
    turned = frozenset({draws.one(sorted(option.require | option.forbid))})
    return _with_option(task, where, Option(option.require ^ turned, option.forbid ^ turned))


def atom_replace(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Another atom in place of one in an option."""
    options = [where for where, _ in _options(task)]
    if not options:
        return None
    where = draws.one(options)
    rest = _shrunk(_option(task, where), draws)
    return _with_option(task, where, _grown(task, rest, draws, settings))


def option_add(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One more way for one agent to reach its goal."""
    goals = goals_of(task)
    agents = [agent for agent, goal in enumerate(goals) if len(goal) < settings.options]
    if not agents:
        return None
    agent, option = draws.one(agents), Option(frozenset(), frozenset())
    for _ in range(draws.between(*settings.option_atoms)):
        option = _grown(task, option, draws, settings)
    goals[agent] = (*goals[agent], option)
    return with_goals(task, goals, rules_of(task))


def option_drop(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One way less for an agent that keeps another."""
    goals = goals_of(task)
    agents = [agent for agent, goal in enumerate(goals) if len(goal) > 1]
    if not agents:
        return None
    agent = draws.one(agents)
    k = draws.below(len(goals[agent]))
    goals[agent] = goals[agent][:k] + goals[agent][k + 1 :]
    return with_goals(task, goals, rules_of(task))


def swap_goals(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Two agents exchange their goals; what each says of itself is said of itself again."""
    if task.bodies < 2:
        return None
    one, other = draws.some(range(task.bodies), 2)
    names = {AGENT + one: AGENT + other, AGENT + other: AGENT + one}
    goals = goals_of(task)
    renamed = {agent: _renamed(goals[agent], names) for agent in (one, other)}
    goals[one], goals[other] = renamed[other], renamed[one]
    return with_goals(task, goals, rules_of(task))


def rule_add(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One more rule, the last."""
    rules = rules_of(task)
    if len(rules) == len(task.rules):
        return None
    games = replace(settings.games, predicates=settings.rule_predicates)
    atom = _drawn_atom(task, draws, games)
    made = tuple(draws.one(settings.kinds) for _ in range(draws.below(PRODUCTS)))
    return with_goals(task, goals_of(task), [*rules, Rule(atom, made)])


def rule_drop(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One rule less; those after it move up."""
    rules = rules_of(task)
    if not rules:
        return None
    index = draws.below(len(rules))
    hidden = task.hidden_rules.astype(np.int64)
    below = hidden & ((1 << index) - 1)
    kept = task._replace(hidden_rules=(below | hidden >> index + 1 << index).astype(np.uint32))
    return with_goals(kept, goals_of(task), rules[:index] + rules[index + 1 :])


def rule_product(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One product of a rule more, less, or another."""
    rules = rules_of(task)
    if not rules:
        return None
    index = draws.below(len(rules))
    made = list(rules[index].products)
    place = draws.below(min(len(made) + 1, PRODUCTS))
    made[place : place + 1] = [] if made and draws.chance(30) else [draws.one(settings.kinds)]
    rules[index] = Rule(rules[index].atom, tuple(made))
    return with_goals(task, goals_of(task), rules)


def hide(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """A rule, a kind or a predicate that one agent may read no longer."""
    return _toggled(task, draws, hidden=False)


def unhide(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One that it may read from now on."""
    return _toggled(task, draws, hidden=True)


def presence(task: Task, draws: Draws, settings: SpaceSettings) -> Task:
    """In one trial one agent stays away, leaves early, or stays to the end."""
    present = task.present.copy()
    trial, agent = draws.below(task.trials), draws.below(task.bodies)
    early = draws.between(1, task.trial_length)
    present[trial, agent] = draws.one((0, early, task.trial_length))
    return task._replace(present=present)


def trials(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One trial more, like the last, or one less."""
    count = task.trials + draws.one((-1, 1))
    if not 1 <= count <= len(task.present):
        return None
    present = task.present.copy()
    present[count:] = 0
    present[count - 1] = task.present[min(count, task.trials) - 1]
    return task._replace(trials=count, present=present)


def trial_length(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Trials up to a half longer or shorter; who stayed to the end still does."""
    most = min(settings.trial_length, task.trial_length * 3 // 2 + 1)
    least = min(most, max(2, task.trial_length // 2))
    length = draws.between(least, most)
    whole = task.present == task.trial_length
    present = np.where(whole, length, np.minimum(task.present, length)).astype(np.int16)
    return task._replace(trial_length=length, present=present)


def _options(task: Task) -> Iterator[tuple[tuple[int, int], Option]]:
    for agent, goal in enumerate(goals_of(task)):
        for k, option in enumerate(goal):
            yield (agent, k), option


def _option(task: Task, where: tuple[int, int]) -> Option:
    agent, k = where
    return goals_of(task)[agent][k]


def _with_option(task: Task, where: tuple[int, int], option: Option) -> Task:
    goals, (agent, k) = goals_of(task), where
    goals[agent] = (*goals[agent][:k], option, *goals[agent][k + 1 :])
    return with_goals(task, goals, rules_of(task))


def _size(option: Option) -> int:
    return len(option.require) + len(option.forbid)


def _grown(task: Task, option: Option, draws: Draws, settings: SpaceSettings) -> Option:
    """The option with a drawn atom; unchanged if it has that already."""
    atom = _drawn_atom(task, draws, settings.games)
    if atom in option.require or atom in option.forbid:
        return option
    if draws.chance(settings.negate):
        return option._replace(forbid=option.forbid | {atom})
    return option._replace(require=option.require | {atom})


def _shrunk(option: Option, draws: Draws) -> Option:
    gone = {draws.one(sorted(option.require | option.forbid))}
    return Option(option.require - gone, option.forbid - gone)


def _drawn_atom(task: Task, draws: Draws, games: GameSettings) -> Atom:
    pool = atom_pool(task, games)
    sums = pool.weights.cumsum()
    drawn = int(np.searchsorted(sums, draws.below(int(sums[-1])), side="right"))
    predicate, a, b = pool.atoms[drawn].tolist()
    return predicate, a, b


def _renamed(goal: Goal, names: dict[int, int]) -> Goal:
    def parts(atoms: frozenset[Atom]) -> frozenset[Atom]:
        return frozenset((atom, names.get(a, a), names.get(b, b)) for atom, a, b in atoms)

    return tuple(Option(parts(option.require), parts(option.forbid)) for option in goal)


def _toggled(task: Task, draws: Draws, hidden: bool) -> Task | None:
    """Turns one bit, of those that say something about the rules, that is `hidden` now."""
    found = [
        (name, agent, bit)
        for name, bits in zip(_HIDDEN, _readable(task), strict=True)
        for agent in range(task.bodies)
        for bit in bits
        if bool(int(getattr(task, name)[agent]) >> bit & 1) == hidden
    ]
    if not found:
        return None
    name, agent, bit = draws.one(found)
    masks = getattr(task, name).copy()
    masks[agent] ^= masks.dtype.type(1 << bit)
    return task._replace(**{name: masks})


def _readable(task: Task) -> tuple[list[int], list[int], list[int]]:
    """Numbers of the rules, and of the kinds and predicates in them."""
    rules = rules_of(task)
    kinds = {kind for rule in rules for kind in (*rule.atom[1:], *rule.products) if kind < KINDS}
    return list(range(len(rules))), sorted(kinds), sorted({rule.atom[0] for rule in rules})
