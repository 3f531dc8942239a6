"""What stays the same in a whole experiment: settings, worlds, workers, and who is born when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from configs.control_rules import trained
from configs.rules import BLOCK
from configs.schema import Learner, Settings
from populations.creators.creator import Creator
from populations.creators.each import Each
from populations.creators.make import make as make_creator
from populations.creators.vouched import Vouched
from populations.member import Member, born, born_of
from populations.population_training import hyper_of, of_section, settings_of, spread
from populations.rollout import Ticket
from populations.units import Look, Roll
from populations.workers import Pool
from worlds import rng
from worlds.family import Family
from worlds.from_settings import family_of

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Setting:
    """What stays the same in a whole experiment."""

    settings: Settings
    pool: Pool
    family: Family
    lone_family: (
        Family  # of the lone learners; episodic: as many trials as all generations together
    )
    progress: Progress
    spaces: dict[Family, Vouched]  # their tasks, as creators are given them

    def key(self, *fields: int | str) -> int:
        """A key that descends from the experiment's seed."""
        return rng.key(self.settings.seed, *fields)


def prepare(settings: Settings, pool: Pool, progress: Progress) -> Setting:
    """The worlds of an experiment and who works in them."""
    family = family_of(settings, settings.world.trials)
    lone_family = family
    if settings.culture.mode == "episodic" and settings.culture.single_lifetime:
        lone_family = family_of(settings, settings.world.trials * settings.culture.generations)
    spaces = {each: Vouched(each.name, each.space) for each in (family, lone_family)}
    return Setting(settings, pool, family, lone_family, progress, spaces)


def creators(setting: Setting) -> dict[str, Creator]:
    """Fresh creators of the same kind for culture, controls and lone learners: one each, or one of each member."""
    settings, family = setting.settings, setting.family
    spaces = {name: setting.spaces[family] for name in ("culture", *trained(settings))}
    if settings.culture.single_lifetime:
        spaces["lone"] = setting.spaces[setting.lone_family]
    agents = family.num_agents if len(family.turns) == 1 else 1  # commenters do not learn

    def creator(name: str, *place: int) -> Creator:
        # Those of controls go on where that of the culture stands, so they have its key.
        key = setting.key("creator", "lone" if name == "lone" else "culture", *place)
        return make_creator(settings.world.name, spaces[name], key, settings.creator, agents=agents)

    if not settings.pbt.creators:
        return {name: creator(name) for name in spaces}
    places = range(settings.population.members)
    return {
        name: Each([_spread(setting, creator(name, place), name, place) for place in places])
        for name in spaces
    }


def _spread(setting: Setting, creator: Creator, cohort: str, place: int) -> Creator:
    """With values of its own for its member, if the settings spread them."""
    key = setting.key("creator", cohort, place, "hyper")
    hyper = spread(key, settings_of(creator), setting.settings.pbt.spread)
    creator.tune(dict(of_section("creator", hyper)))
    return creator


def lone_learners(setting: Setting) -> list[Member]:
    """The single lifetimes to compare with, as many as a generation has members; none if not asked for."""
    settings, family = setting.settings, setting.lone_family
    if not settings.culture.single_lifetime:
        return []
    names = [f"lone_m{index}" for index in range(settings.population.members)]
    return [_newborn(setting, name, family) for name in names]


def newborn(
    setting: Setting,
    generation: int,
    parent: Member | None = None,
    layers: int = 0,
    line: str = "",
) -> list[Member]:
    """The young of a generation: fresh weights, or the parent's with its last `layers` layers anew.

    Those of a control have the name of its line before their own.
    """
    names = [
        f"{line}g{generation}_m{index}" for index in range(setting.settings.population.members)
    ]
    return [_newborn(setting, name, setting.family, parent, layers) for name in names]


def strangers(setting: Setting, generation: int, count: int) -> list[Member]:
    """Members who have learned nothing, for a placebo."""
    names = [f"stranger_g{generation}_m{index}" for index in range(count)]
    return [_newborn(setting, name, setting.family) for name in names]


def _newborn(
    setting: Setting, name: str, family: Family, parent: Member | None = None, layers: int = 0
) -> Member:
    """With values of its own for what population-based training mutates, if the settings spread them."""
    learner, key = setting.settings.learner, setting.key("born", name)
    member = (
        born_of(parent, name, family, learner, key, layers)
        if parent
        else born(name, family, learner, key)
    )
    if setting.settings.pbt.spread == 1:
        return member  # nobody has values of its own
    hyper = spread(rng.key(key, "hyper"), hyper_of(member, learner), setting.settings.pbt.spread)
    return replace(member, hyper=of_section("learner", hyper))


def by_steps(family: Family) -> bool:
    """Whether lifetimes are counted in the steps that each member lived, not in iterations.

    Where demonstrators only comment, an episode is as long as the young are good.
    """
    return len(family.turns) > 1


def worlds_of(setting: Setting, family: Family) -> int:
    """Worlds of a member's rollout: whole blocks, fewer of longer episodes."""
    wanted = setting.settings.population.worlds * setting.family.horizon / family.horizon
    return max(BLOCK, round(wanted / BLOCK) * BLOCK)


def iterations(setting: Setting, family: Family, seats: float = 1) -> int:
    """Iterations of a lifetime in which a member fills `seats` of each world on average: whole ones, at least one."""
    steps = worlds_of(setting, family) * family.horizon * seats
    return max(1, round(setting.settings.culture.steps / steps))


def heldout_rows(family: Family, settings: Settings) -> np.ndarray:
    """The tasks that no creator can propose, on which every generation is measured."""
    return family.space.suite("heldout", settings.evaluation.tasks)


def validation_rows(setting: Setting) -> np.ndarray:
    """Tasks of the training distribution, on which elders are chosen; held-out tasks choose nobody."""
    return setting.family.space.sample(setting.key("validation"), setting.settings.evaluation.tasks)


def common(name: str, family: Family, learner: Learner) -> dict[str, Any]:
    """What every unit says: its name, its worlds, and how its members learn."""
    return {
        "name": name,
        "world": family.name,
        "world_settings": tuple(
            (key, tuple(value) if isinstance(value, list) else value)  # families are cached by it
            for key, value in sorted(family.settings.items())
        ),
        "learner": learner,
    }


def play(
    setting: Setting, name: str, family: Family, ticket: Ticket, weights: Sequence[np.ndarray]
) -> Roll:
    """A unit of play."""
    about = common(name, family, setting.settings.learner)
    return Roll(**about, ticket=ticket, weights=tuple(weights))


def look(unit: Roll, compared: Sequence[int] = ()) -> Look:
    """The same play, which also tells how agent_0 chose; `compared` as in `Look`."""
    parts = {part.name: getattr(unit, part.name) for part in fields(unit)}
    return Look(**parts, compared=tuple(compared))
