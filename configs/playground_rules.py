"""Rules of culture on the playground, registered with all others."""

from configs.problems import Problem
from configs.rule import problem, reads
from configs.schema import Settings
from configs.world_rules import GRIDS

ROOM = 16  # atoms of a task; `atoms` of the family's own settings


@reads("playground.shared_goal", "playground.hide_from_young", "playground.agents")
def a_goal_is_shared_by_several(settings: Settings) -> list[Problem]:
    """One body alone shares nothing, and nobody else is there to read."""
    asked = settings.playground
    return [
        found
        for key in ("shared_goal", "hide_from_young")
        if asked.agents == 1 and getattr(asked, key)
        for found in problem(f"playground.{key}", "needs playground.agents of at least 2 (1)")
    ]


@reads(
    *("playground.shared_goal", "playground.agents", "playground.atoms"),
    *("playground.depth_max", "playground.dead_ends"),
)
def shared_goals_have_room(settings: Settings) -> list[Problem]:
    """Every agent has atoms of its own, beside those of the rules."""
    asked = settings.playground
    most = (ROOM - asked.depth_max - asked.dead_ends) // asked.agents
    if not asked.shared_goal or asked.atoms <= most:
        return []
    return problem(
        "playground.atoms",
        f"{asked.atoms} must be at most {most} for playground.shared_goal of {asked.agents} agents",
    )


@reads("playground.hide_from_young", "playground.depth_max", "playground.dead_ends")
def there_are_rules_to_hide(settings: Settings) -> list[Problem]:
    """Without rules nothing is hidden."""
    asked = settings.playground
    if not asked.hide_from_young or asked.depth_max + asked.dead_ends:
        return []
    return problem(
        "playground.hide_from_young",
        "needs playground.depth_max or playground.dead_ends of at least 1 (0)",
    )


@reads("transmission.fade", "world.name", "playground.presence")
def bodies_leave_the_playground_only(settings: Settings) -> list[Problem]:
    """Elsewhere no body can leave; and whoever says who is there says it for all tasks."""
    if settings.transmission.fade != "presence":
        return []
    name, presence = settings.world.name, settings.playground.presence
    if name != "playground":
        return problem("transmission.fade", f"presence needs world.name playground ({name})")
    if presence != "all":
        return problem(
            "playground.presence", f"{presence} needs transmission.fade blank (presence)"
        )
    return []


@reads("transmission.heirlooms", "culture.mode", "world.name")
def a_memory_goes_on_where_elders_live_on(settings: Settings) -> list[Problem]:
    """Who only comments on the young's trials is of no trial itself, and needs its memory of the last one in each."""
    mode, name = settings.culture.mode, settings.world.name
    if settings.transmission.heirlooms:
        return []
    if mode != "episodic":
        return problem("transmission.heirlooms", f"false needs culture.mode episodic ({mode})")
    if name not in GRIDS:
        wanted = " or ".join(GRIDS)
        return problem("transmission.heirlooms", f"false needs world.name {wanted} ({name})")
    return []
