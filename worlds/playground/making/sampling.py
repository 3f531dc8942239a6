"""Drawing whole tasks: rules, then levels for their objects, then goals for what is there."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from worlds import rng
from worlds.playground.constants import (
    FLOOR,
    FREEZE,
    NO_GADGET,
    ON,
    REWARD_MODES,
    SLAB,
    TAG,
    TRIAL_ENDS,
    shape_of,
)
from worlds.playground.making.chains import Chain, draw_chain, draw_hidden
from worlds.playground.making.draws import Draws
from worlds.playground.making.games import Pool, atom_pool, draw_atoms, draw_goals
from worlds.playground.making.held_out import held_out_class, level_hashes
from worlds.playground.making.metrics import metrics
from worlds.playground.making.place import Levels, levels
from worlds.playground.making.sharing import handed, is_own, own, renamed, sharing
from worlds.playground.making.solvable import SOLVABLE, solvable
from worlds.playground.making.starts import start_truth
from worlds.playground.settings import SpaceSettings
from worlds.playground.task import Atom, Goal, Task, blank, with_goals

# Keys of one draw.
_CHAIN, _OBJECTS, _LEVEL, _ATOMS, _GOALS, _HIDDEN, _AGENTS, _SHARED, _YOUNG = range(9)
_MISS = 5  # percent of competitiveness
_AWAY, _EARLY = 25, 25  # percent of an agent's trials where presence is random


class _Draft(NamedTuple):
    """A task before its level is drawn."""

    keys: list[int]
    settings: SpaceSettings
    chain: Chain
    kinds: list[int]  # of the objects, anchors first
    anchors: int
    shared: bool  # all agents want the same, each with things of its own

    @property
    def copies(self) -> int:
        """How many there are of each object."""
        return self.settings.agents if self.shared else 1


def draw(
    keys: Sequence[int], settings: Sequence[SpaceSettings], held_out: bool
) -> list[Task | None]:
    """A task for each key and settings; None where the draw came to nothing: try another key.

    A level is of the class that is held out or of another. A task is valid and canonical, rules
    solve it in exactly the depth that was drawn, no goal holds at the start and no rule fires then,
    and competitiveness is within five percent of the asked range. It depends on its key and its
    settings alone.
    """
    drafts = [_draft(key, own) for key, own in zip(keys, settings, strict=True)]
    found: list[Task | None] = [None] * len(drafts)
    begun = _with_levels(drafts, held_out)
    asked = []
    for index, (task, pool) in begun.items():
        rules = (rule.atom for rule in drafts[index].chain.rules)
        asked.append((task, [*_asked(drafts[index], pool), *rules]))
    truths = start_truth(asked, settings[0].sizes)
    for (index, (task, pool)), truth in zip(begun.items(), truths, strict=True):
        of_goals = drafts[index].copies * len(pool.atoms)
        if not any(truth[of_goals:]):
            found[index] = _finished(drafts[index], task, pool, truth[:of_goals])
    return found


def _draft(key: int, settings: SpaceSettings) -> _Draft:
    """Rules, and the kinds of the objects: what rules need, and more up to the drawn number."""
    keys = rng.words(key, np.arange(_YOUNG + 1)).tolist()
    draws = Draws(keys[_OBJECTS])
    floors = range(settings.floors if settings.patches else 0)
    shared = Draws(keys[_SHARED]).chance(settings.shared_goal)
    copies, chains = 1, settings.chains
    if shared:
        copies, chains = settings.agents, sharing(chains)
    slots = settings.slots // copies
    count = min(slots, -(-draws.between(*settings.objects) // copies))
    chain = draw_chain(keys[_CHAIN], settings.agents, floors, slots, chains)
    made = {product for rule in chain.rules for product in rule.products}
    # Where something that rules make lies about from the start, the chain is no longer needed.
    idle = [kind for kind in settings.kinds if kind not in made] or list(settings.kinds)
    weights = [settings.shapes[shape_of(kind)] for kind in idle]
    more = list(chain.distractors)
    while len(chain.needed) + len(more) < count:
        more.append(idle[draws.weighted(weights)])
    anchored = [draws.chance(settings.anchors) for _ in more]
    anchors = [kind for kind, fixed in zip(more, anchored, strict=True) if fixed]
    loose = [kind for kind, fixed in zip(more, anchored, strict=True) if not fixed]
    kinds = [kind for part in (anchors, chain.needed, loose) for kind in [*part] * copies]
    return _Draft(keys, settings, chain, kinds, copies * len(anchors), shared)


def _with_levels(drafts: list[_Draft], held_out: bool) -> dict[int, tuple[Task, Pool]]:
    """Tasks without goals, and the atoms for these, by the number of their draft."""
    groups = defaultdict(list)
    for index, draft in enumerate(drafts):
        if draft.shared and not all(map(is_own, _core(draft))):
            continue  # what the chain makes is nobody's own
        groups[draft.settings.terrain, draft.settings.place].append(index)
    found: dict[int, tuple[Task, Pool]] = {}
    for (terrain, place), indices in groups.items():
        counts = [_counts(drafts[index]) for index in indices]
        keys = [drafts[index].keys[_LEVEL] for index in indices]
        drawn = levels(keys, np.array(counts), terrain, place)
        _, objects, agents = np.array(counts).T
        hashes = level_hashes(*drawn[:4], objects, agents)
        wanted = held_out_class(hashes) == held_out
        for number in np.flatnonzero(wanted).tolist():
            draft = drafts[indices[number]]
            task = _with_level(draft, drawn, number)
            pool = _pool(task, draft)
            if pool is not None:
                found[indices[number]] = task, pool
    return found


def _counts(draft: _Draft) -> tuple[int, int, int]:
    return draft.anchors, len(draft.kinds), draft.settings.agents


def _with_level(draft: _Draft, drawn: Levels, number: int) -> Task:
    """A task with one of the levels and without goals."""
    settings, draws = draft.settings, Draws(draft.keys[_AGENTS])
    task = blank(settings.sizes)._replace(
        bodies=settings.agents,
        slots=settings.slots,
        trials=settings.trials,
        trial_length=settings.trial_length,
        reward_mode=REWARD_MODES.index(settings.reward_mode),
        trial_end=TRIAL_ENDS.index(settings.trial_end),
    )
    for field in Levels._fields:
        getattr(task, field)[:] = getattr(drawn, field)[number]
    task.kinds[: len(draft.kinds)] = draft.kinds
    no_slab = [slot for slot, kind in enumerate(draft.kinds) if shape_of(kind) != SLAB]
    task.facings[no_slab] = 0
    chances = (100 - settings.freeze - settings.tag, settings.freeze, settings.tag)
    for agent in range(settings.agents):
        task.gadgets[agent] = (NO_GADGET, FREEZE, TAG)[draws.weighted(chances)]
    _draw_presence(task, settings, draws)
    return task


def _draw_presence(task: Task, settings: SpaceSettings, draws: Draws) -> None:
    task.present[:] = settings.trial_length
    if settings.presence == "elder_leaves":
        task.present[draws.between(1, settings.trials - 1) :, 1] = 0
    elif settings.presence == "random":
        for trial in range(settings.trials):
            always = draws.below(settings.agents)  # somebody is there in every trial
            for agent in range(settings.agents):
                early = draws.between(1, settings.trial_length - 1)
                steps = (0, early, settings.trial_length)
                drawn = draws.weighted((_AWAY, _EARLY, 100 - _AWAY - _EARLY))
                if agent != always:
                    task.present[trial, agent] = steps[drawn]


def _pool(task: Task, draft: _Draft) -> Pool | None:
    """The atoms of the game to be; None where a rule is about a floor that paint has covered."""
    rules = draft.chain.rules
    painted = {FLOOR + mark - 1 for mark in np.unique(task.floor).tolist()}
    if any(rule.atom[0] == ON and rule.atom[2] not in painted for rule in rules):
        return None
    games = draft.settings.games
    pool = atom_pool(with_goals(task, [], rules), games)
    if draft.shared:
        pool = own(pool)
        if not len(pool.atoms):
            return None
    return draw_atoms(draft.keys[_ATOMS], pool, games, _core(draft))


def _core(draft: _Draft) -> tuple[Atom, ...]:
    """What every option of each agent requires, of agent 0 alone if the others share its goal: what the
    rules are for."""
    if not draft.chain.depth:
        return ()
    return draft.chain.goals[: 1 if draft.shared else None]


def _finished(draft: _Draft, task: Task, pool: Pool, truth: list[bool]) -> Task | None:
    """The task with goals and what is hidden; `truth` says what of `_asked` holds."""
    settings, rules = draft.settings, draft.chain.rules
    goals = _goals(draft, pool, truth)
    if goals is None or not _as_competitive(goals, settings):
        return None
    if rules:
        found = [solvable(draft.kinds, rules, [goal], settings.slots) for goal in goals]
        if any(each.verdict != SOLVABLE for each in found):
            return None
        if min(each.depth for each in found) != draft.chain.depth:
            return None
    task = with_goals(task, goals, rules)
    hidden = draw_hidden(draft.keys[_HIDDEN], rules, settings.agents, settings.chains)
    task.hidden_rules[:], task.hidden_kinds[:], task.hidden_predicates[:] = hidden
    if Draws(draft.keys[_YOUNG]).chance(settings.hide_from_young):
        task.hidden_rules[:] = 0
        task.hidden_rules[0] = (1 << len(rules)) - 1
    return task


def _asked(draft: _Draft, pool: Pool) -> list[Atom]:
    """The atoms of the pool; where agents share a goal, those of all agents, one after another."""
    atoms = pool.atoms.tolist()
    return [atom for agent in range(draft.copies) for atom in renamed(atoms, agent)]


def _goals(draft: _Draft, pool: Pool, truth: list[bool]) -> list[Goal] | None:
    """A goal for each agent, or one for all; None where none is to be had or one holds at the start."""
    settings = draft.settings
    agents = 1 if draft.shared else settings.agents
    start = truth[: len(pool.atoms)]
    goals = draw_goals(draft.keys[_GOALS], pool, agents, settings.games, start, _core(draft))
    if goals is None or not draft.shared:
        return goals
    held = {atom for atom, holds in zip(_asked(draft, pool), truth, strict=True) if holds}
    goals = [handed(goals[0], agent) for agent in range(settings.agents)]
    options = [option for goal in goals for option in goal]
    if any(option.require <= held and not option.forbid & held for option in options):
        return None
    return goals


def _as_competitive(goals: list[Goal], settings: SpaceSettings) -> bool:
    """Whether goals are, or all but, as competitive as asked; not all atoms allow for it."""
    low, high = settings.competitiveness
    if (low, high) == (0, 100):
        return True
    return low - _MISS <= 100 * metrics(goals).competitiveness <= high + _MISS
