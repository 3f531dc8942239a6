"""Makes a creator from its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

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
from populations.creators.scored import Kit
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

    def kit(self, priority: str = "rank", **changes: float) -> Kit:
        """What a creator that scores tasks works with, with a buffer as below."""
        told = self.settings
        buffer = self.buffer(priority, **changes)
        where = self.world, self.space, self.key, told.score
        return Kit(*where, buffer, rosters=told.rosters, agents=told.agents)

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
    return Uniform(making.kit())


def _plr(making: Making, priority: str = "") -> Creator:
    told = making.settings
    kit = making.kit(priority or told.priority)
    return PLR(kit, replay=told.replay, edits=told.edits, robust=told.robust)


def _eva(making: Making) -> Creator:
    told = making.settings
    kit = making.kit("fresh", staleness=0.0)  # old tasks come back through the uniform part
    return Eva(kit, evolved=told.evolved, edits=told.edits)


def _paired(making: Making) -> Creator:
    return Paired(making.kit(), designer=asdict(making.settings.paired))


def _alp_gmm(making: Making) -> Creator:
    return AlpGmm(making.kit(), gmm=making.settings.gmm)


def _again(making: Making) -> Creator:
    return Again(making.kit(), gmm=making.settings.gmm, again=making.settings.again)


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
    return Sfl(roomy.kit(), top=told.top, every=told.every, share=told.share)


def _dynamic(making: Making) -> Creator:
    return _gate(making, dynamic, control=True, edits=0)


def _poet(making: Making) -> Creator:
    return _gate(making, poet, control=False, edits=making.settings.edits)


def _gate(making: Making, accept: Accept, control: bool, edits: int) -> Creator:
    return Gate(making.kit(), accept, making.settings.gate, control=control, edits=edits)


def _maestro(making: Making) -> Creator:
    """Robust PLR for each company, with a key of its own."""

    def plr(roster: int) -> Creator:
        own = replace(making, key=rng.key("maestro", making.key, roster))
        return _plr(replace(own, settings=replace(own.settings, robust=True)))

    return PerPartner(making.key, plr)


def _schedule(making: Making) -> Creator:
    return Schedule(making.kit(), making.settings.schedule)


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
