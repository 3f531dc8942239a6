"""Rules of population-based training, registered with all others."""

from configs import limits
from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.rule import problem, reads
from configs.schema import Settings


@reads("pbt.check_every", "pbt.warm_up", "pbt.rest", "pbt.margin")
def comparisons_are_wanted(settings: Settings) -> list[Problem]:
    """Without comparisons the rest of their settings would be ignored."""
    if settings.pbt.check_every:
        return []
    return [
        found
        for key in ("pbt.warm_up", "pbt.rest", "pbt.margin")
        if (value := flat(settings)[key]) != SETTINGS[key].default
        for found in problem(key, f"{value:g} needs pbt.check_every of at least 1 (0)")
    ]


@reads("pbt.check_every", "pbt.warm_up", "culture.steps")
def comparisons_happen(settings: Settings) -> list[Problem]:
    """A lifetime that ends in the warm-up would never see one."""
    pbt, steps = settings.pbt, settings.culture.steps
    if not pbt.check_every or pbt.warm_up < steps:
        return []
    return problem("pbt.warm_up", f"{pbt.warm_up} must be below culture.steps ({steps})")


@reads("pbt.check_every", "population.members")
def comparisons_need_two(settings: Settings) -> list[Problem]:
    """A lone member is better than nobody."""
    if not settings.pbt.check_every or settings.population.members > 1:
        return []
    return problem("pbt.check_every", "needs population.members of at least 2 (1)")


@reads("pbt.check_every", "pbt.warm_up", "culture.steps", "population.members")
def comparisons_fit_a_table(settings: Settings) -> list[Problem]:
    """An eighth of the table of metrics is for comparisons, eight numbers of each member."""
    pbt, members = settings.pbt, settings.population.members
    if not pbt.check_every:
        return []
    most = limits.PARQUET_ROWS // 8 // (8 * members)
    least = -(-(settings.culture.steps - pbt.warm_up) // max(most, 1))
    if pbt.check_every >= least:
        return []
    return problem(
        "pbt.check_every",
        f"{pbt.check_every} must be at least {least}: at most {most} comparisons of {members} members",
    )


@reads("pbt.creators", "creator.name")
def own_creators_have_settings(settings: Settings) -> list[Problem]:
    """The others have none in which they could differ."""
    name = settings.creator.name
    if name in ("plr", "eva") or not settings.pbt.creators:
        return []
    return problem("pbt.creators", f"needs creator.name plr or eva ({name})")


@reads("pbt.creators", "creator.robust")
def probes_are_of_all(settings: Settings) -> list[Problem]:
    """Nobody learns from a probe, whoever proposed it; with creators of their own members probe at odds."""
    if not settings.pbt.creators or not settings.creator.robust:
        return []
    return problem("creator.robust", "needs pbt.creators false (true)")


@reads("pbt.creators", "creator.capacity", "population.members")
def own_creators_fit_a_table(settings: Settings) -> list[Problem]:
    """The table of tasks holds those of all members' creators."""
    most = limits.PARQUET_ROWS // settings.population.members
    if not settings.pbt.creators or settings.creator.capacity <= most:
        return []
    members = settings.population.members
    return problem(
        "creator.capacity",
        f"{settings.creator.capacity} must be at most {most} of {members} members",
    )
