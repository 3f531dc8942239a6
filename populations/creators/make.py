"""Makes a creator from its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from configs.creator_schema import Creator as Settings
from populations.creators.again import Again
from populations.creators.alp_gmm import AlpGmm
from populations.creators.buffer import Buffer
from populations.creators.combined import Cycle, Mix
from populations.creators.creator import Creator
from populations.creators.eva import Eva
from populations.creators.gate import Accept, Gate, dynamic, poet
from populations.creators.maestro import PerPartner
from populations.creators.omni import Reweight, Unmastered
from populations.creators.paired import Paired
from populations.creators.plr import PLR
from populations.creators.schedule import Schedule
from populations.creators.scores import COMPARING
from populations.creators.sfl import Sfl
from populations.creators.uniform import Uniform
from worlds import rng
from worlds.family import TaskSpace


@dataclass(frozen=True)
class Making:
    """What a creator is made of; each entry of `CREATORS` takes what it needs."""

    world: str  # name of the family
    space: TaskSpace
    key: int  # 64 bits, of all its draws
    settings: Settings
    floor: float = 0.0  # the return that counts as nothing achieved
    agents: int = 1  # of a world, in whose seats members learn

    @property
    def place(self) -> tuple[str, TaskSpace, int, str]:
        """The first four arguments of every creator."""
        return self.world, self.space, self.key, self.settings.score

    @property
    def shared(self) -> dict[str, Any]:
        """The settings that all read who score tasks."""
        return {"rosters": self.settings.rosters, "agents": self.settings.agents}

    def buffer(self, priority: str = "rank", **changes: float) -> Buffer:
        """Room for scored tasks, as the settings say but for `changes`."""
        told = self.settings
        rules = {
            "temperature": told.temperature,
            "staleness": told.staleness,
            "min_fill": told.min_fill,
        }
        return Buffer(
            self.space.width,
            told.capacity,
            priority=priority,
            floor=self.floor,
            agents=self.agents,
            **{**rules, **changes},
        )


def make(
    world: str,
    space: TaskSpace,
    key: int,
    settings: Settings,
    *,
    floor: float = 0.0,
    agents: int = 1,
) -> Creator:
    """The creator that `settings` describe, for the tasks of `world`.

    `floor` is the return that counts as nothing achieved; members learn in the seats of up to `agents`
    agents. Raises ValueError for an unknown name or a setting out of range.
    """
    if settings.name not in CREATORS:
        raise ValueError(f"creator is {settings.name!r}; choose one of {', '.join(CREATORS)}")
    if settings.score in COMPARING and settings.repeats < 2:
        raise ValueError(
            f"score {settings.score} compares episodes of one task; set repeats to 2 or more"
        )
    return CREATORS[settings.name](Making(world, space, key, settings, floor, agents))


def _uniform(making: Making) -> Creator:
    return Uniform(*making.place, making.buffer(), **making.shared)


def _plr(making: Making, priority: str = "rank") -> Creator:
    told = making.settings
    return PLR(
        *(*making.place, making.buffer(priority)),
        replay=told.replay,
        edits=told.edits,
        robust=told.robust,
        **making.shared,
    )


def _eva(making: Making) -> Creator:
    told = making.settings
    buffer = making.buffer("fresh", staleness=0.0)  # old tasks come back through the uniform part
    return Eva(*making.place, buffer, evolved=told.evolved, edits=told.edits, **making.shared)


def _paired(making: Making) -> Creator:
    designer = asdict(making.settings.paired)
    return Paired(*making.place, making.buffer(), designer=designer, **making.shared)


def _alp_gmm(making: Making) -> Creator:
    return AlpGmm(*making.place, making.buffer(), gmm=making.settings.gmm, **making.shared)


def _again(making: Making) -> Creator:
    told = making.settings
    buffer = making.buffer()
    return Again(*making.place, buffer, gmm=told.gmm, again=told.again, **making.shared)


def _omni(making: Making) -> Creator:
    """What interests of the tasks that plr would play next.

    Nothing corrects the score of a task that has become boring, so it must fade: measured on
    Ladders, it would else stand among the candidates for ever.
    """
    told = making.settings.omni
    interest = Unmastered(making.space, told.mastered, told.radius, told.boring)
    key = rng.key("omni", making.key)
    return Reweight(key, _plr(making, "fresh"), interest, told.candidates)


def _sfl(making: Making) -> Creator:
    """Its buffer holds one probing, whatever the capacity."""
    told = making.settings.sfl
    roomy = replace(making, settings=replace(making.settings, capacity=told.pool))
    return Sfl(
        *(*making.place, roomy.buffer()),
        top=told.top,
        every=told.every,
        share=told.share,
        **making.shared,
    )


def _dynamic(making: Making) -> Creator:
    return _gate(making, dynamic, control=True, edits=0)


def _poet(making: Making) -> Creator:
    return _gate(making, poet, control=False, edits=making.settings.edits)


def _gate(making: Making, accept: Accept, control: bool, edits: int) -> Creator:
    return Gate(
        *(*making.place, making.buffer(), accept, making.settings.gate),
        control=control,
        edits=edits,
        **making.shared,
    )


def _maestro(making: Making) -> Creator:
    """Robust PLR for each company, with a key of its own."""

    def plr(roster: int) -> Creator:
        own = replace(making, key=rng.key("maestro", making.key, roster))
        return _plr(replace(own, settings=replace(own.settings, robust=True)))

    return PerPartner(making.key, plr)


def _schedule(making: Making) -> Creator:
    law = making.settings.schedule
    return Schedule(*making.place, making.buffer(), law, **making.shared)


def _mix(making: Making) -> Creator:
    """Of a mixture's parts each has a key of its own, and all other settings in common."""
    told = making.settings.mix
    weights = {name: getattr(told, name) for name in CREATORS if name != "mix"}
    names = [name for name, weight in weights.items() if weight]
    parts = [
        CREATORS[name](
            replace(
                making,
                key=rng.key("mix", making.key, name),
                settings=replace(making.settings, name=name),
            )
        )
        for name in names
    ]
    if told.period:
        return Cycle(parts, told.period)
    return Mix(rng.key("mix", making.key), parts, [weights[name] for name in names])


# In the order of `configs.creator_schema.CREATORS`.
CREATORS: dict[str, Callable[[Making], Creator]] = {
    "uniform": _uniform,
    "plr": _plr,
    "eva": _eva,
    "sfl": _sfl,
    "alp_gmm": _alp_gmm,
    "again": _again,
    "omni": _omni,
    "dynamic": _dynamic,
    "poet": _poet,
    "paired": _paired,
    "maestro": _maestro,
    "schedule": _schedule,
    "mix": _mix,
}
