"""Rules of creators, registered with all others."""

from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.rule import problem, reads
from configs.rules import ALL_LEARN, MIXTURE, divides_a_block, rosters_of
from configs.schema import Settings
from configs.world_rules import EPISODE, longest_episode

SPREAD = (
    "max_minus_min",
    "max_minus_mean",
    "learnability",
)  # scores over several episodes of a task
BLIND = (
    "uniform",
    "alp_gmm",
    "again",
    "schedule",
    "paired",
)  # they keep scores for the record only
HAVE_COMPANY = ("plr", "eva", "maestro")  # they may ask for the company a task was scored with
GATES = ("dynamic", "poet")  # they let tasks through by how often members succeed
PARTS = tuple(
    key for key in SETTINGS if key.startswith("creator.mix.") and key != "creator.mix.period"
)
# Section or setting of the creator -> the only algorithms that read it, beside a mix of them.
READ_BY = {
    "priority": ("plr", "maestro"),
    "sfl": ("sfl",),
    "gmm": ("alp_gmm", "again"),
    "again": ("again",),
    "omni": ("omni",),
    "gate": ("dynamic", "poet"),
    "paired": ("paired",),
    "schedule": ("schedule",),
    "mix": ("mix",),
}
READ_BY_SOME = tuple(
    key for key in SETTINGS if key.startswith("creator.") and key.split(".")[1] in READ_BY
)


@reads("creator.name", *READ_BY_SOME)
def settings_are_of_the_creator(settings: Settings) -> list[Problem]:
    """What another algorithm reads would be ignored."""
    values, at_work = flat(settings), {settings.creator.name, *parts_of(settings)}
    return [
        found
        for key in READ_BY_SOME
        if values[key] != SETTINGS[key].default and not at_work & {*READ_BY[key.split(".")[1]]}
        for found in problem(
            key,
            f"is read by creator.name {' or '.join(READ_BY[key.split('.')[1]])} only"
            f" ({settings.creator.name})",
        )
    ]


@reads("creator.name", *PARTS)
def a_mix_has_parts(settings: Settings) -> list[Problem]:
    """At least one algorithm proposes."""
    if settings.creator.name != "mix" or parts_of(settings):
        return []
    return problem("creator.mix.uniform", "creator.name mix needs a weight above 0 (none)")


@reads("creator.name", "culture.generations")
def again_needs_a_past(settings: Settings) -> list[Problem]:
    """There is a curriculum to take over from the second generation on."""
    if settings.creator.name != "again" or settings.culture.generations > 1:
        return []
    return problem(
        "creator.name", "again needs culture.generations of at least 2 (1); alp_gmm does not"
    )


@reads("creator.repeats")
def repeats_divide_a_block(settings: Settings) -> list[Problem]:
    """Every proposed task is played equally often in a rollout."""
    return divides_a_block("creator.repeats", settings.creator.repeats)


@reads(
    "creator.name",
    "creator.capacity",
    "creator.repeats",
    "population.members",
    "population.worlds",
)
def buffer_holds_a_proposal(settings: Settings) -> list[Problem]:
    """A buffer smaller than one set of tasks would forget within the set."""
    creator, population = settings.creator, settings.population
    tasks = population.members * population.worlds // creator.repeats
    if creator.name in (*BLIND, "sfl") or creator.capacity >= tasks:  # sfl holds its pool
        return []
    return problem(
        "creator.capacity",
        f"{creator.capacity} must be at least the tasks of one proposal,"
        f" population.members x population.worlds / creator.repeats ({tasks})",
    )


@reads("creator.name", "creator.edits")
def eva_and_poet_evolve(settings: Settings) -> list[Problem]:
    """Without mutations they would come to tasks by another rule than they say."""
    creator = settings.creator
    if creator.name not in ("eva", "poet") or creator.edits:
        return []
    return problem("creator.edits", f"{creator.name} needs at least 1 (0)")


@reads("creator.name", "creator.repeats", *PARTS)
def gates_need_repeats(settings: Settings) -> list[Problem]:
    """How often something happens on a task cannot be told from one episode."""
    at_work = {settings.creator.name, *parts_of(settings)} & {*GATES}
    if not at_work or settings.creator.repeats > 1:
        return []
    return problem("creator.repeats", f"{' and '.join(sorted(at_work))} need at least 2 (1)")


@reads("creator.sfl.top", "creator.sfl.pool")
def kept_tasks_were_probed(settings: Settings) -> list[Problem]:
    """No more can be kept than there are."""
    sfl = settings.creator.sfl
    if sfl.top <= sfl.pool:
        return []
    return problem("creator.sfl.top", f"{sfl.top} must be at most creator.sfl.pool ({sfl.pool})")


@reads(
    *("creator.name", "creator.repeats", "creator.sfl.pool", "culture.steps", "culture.mode"),
    *("population.members", "population.worlds", *EPISODE),
)
def probing_leaves_time_to_learn(settings: Settings) -> list[Problem]:
    """Nobody learns from what is probed; a generation that only probed would learn nothing."""
    if settings.creator.name != "sfl" or settings.culture.mode == "episodic":
        return []
    population, pool = settings.population, settings.creator.sfl.pool
    rollouts = settings.culture.steps // (population.worlds * longest_episode(settings))
    tasks = rollouts * population.members * population.worlds // settings.creator.repeats
    if pool < tasks:
        return []
    return problem(
        "creator.sfl.pool",
        f"{pool} must be below the tasks of a lifetime of culture.steps ({tasks})",
    )


@reads("creator.name", "creator.robust")
def only_plr_probes(settings: Settings) -> list[Problem]:
    """The others know no probes, so the setting would be ignored."""
    if settings.creator.name == "plr" or not settings.creator.robust:
        return []
    return problem("creator.robust", f"needs creator.name plr ({settings.creator.name})")


@reads("creator.name", "creator.rosters", "population.roster", *MIXTURE)
def company_can_be_asked_for(settings: Settings) -> list[Problem]:
    """Only tasks in a buffer have had company, and where all agents learn it must stay balanced."""
    name, roster = settings.creator.name, settings.population.roster
    if settings.creator.rosters and name not in HAVE_COMPANY:
        return problem(
            "creator.rosters", f"needs creator.name {' or '.join(HAVE_COMPANY)} ({name})"
        )
    asks = settings.creator.rosters or name == "maestro"
    if asks and {*rosters_of(settings)} <= {*ALL_LEARN}:
        key = "creator.name" if name == "maestro" else "creator.rosters"
        what = "maestro " if name == "maestro" else ""
        return problem(key, f"{what}needs a roster in which not all learn ({roster})")
    return []


@reads("creator.name", "creator.score", "creator.repeats")
def spread_needs_repeats(settings: Settings) -> list[Problem]:
    """A spread of returns needs several episodes of the same task."""
    creator = settings.creator
    if creator.name in BLIND or creator.score not in SPREAD or creator.repeats > 1:
        return []
    return problem("creator.score", f"{creator.score} needs creator.repeats of at least 2 (1)")


@reads("creator.name", *PARTS, "creator.repeats", "population.members")
def regret_compares_members(settings: Settings) -> list[Problem]:
    """The creator paired lives by how differently members do on a task: two at least must meet each one.

    Episodes of a task go to one member after the other, so it is met by as many of them as it has
    episodes; by all of them equally often where members divide repeats.
    """
    if "paired" not in {settings.creator.name, *parts_of(settings)}:
        return []
    if settings.population.members < 2:
        return problem("population.members", "creator paired needs at least 2 (1)")
    if settings.creator.repeats < 2:
        return problem("creator.repeats", "creator paired needs at least 2 (1)")
    return []


@reads("creator.name", "creator.score", "culture.generations")
def elder_gap_needs_elders(settings: Settings) -> list[Problem]:
    """The first generation has no elders to compare with."""
    creator, generations = settings.creator, settings.culture.generations
    if creator.name in BLIND or creator.score != "elder_gap" or generations > 1:
        return []
    return problem("creator.score", "elder_gap needs culture.generations of at least 2 (1)")


def parts_of(settings: Settings) -> tuple[str, ...]:
    """The algorithms of a mix with a weight above 0; none without one."""
    if settings.creator.name != "mix":
        return ()
    weights = flat(settings.creator.mix)
    return tuple(name for name, weight in weights.items() if weight and name != "period")
