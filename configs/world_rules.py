"""Rules of the families of worlds, registered with all others."""

from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.rule import problem, reads
from configs.schema import Settings

SEQUENCES = ("goal_sequence", "memory_sequence", "travelling_salesperson")
COMMENTED = ("memory_sequence", "travelling_salesperson")  # demonstrators have no bodies
GRIDS = ("goal_sequence", "playground")
OURS = (*SEQUENCES, "playground")
# Key -> the only families of worlds that read it.
READ_BY = {
    "world.size": GRIDS,
    "world.view": GRIDS,
    "world.trials": OURS,
    "world.trial_length": (*GRIDS, "bring_your_own"),
    "world.wrong_penalty": SEQUENCES,
    "culture.penalty_ramp": SEQUENCES,
    "sequence.symbols": COMMENTED,
    "sequence.demonstrators": COMMENTED,
    "sequence.observe_clock": COMMENTED,
    **dict.fromkeys(("sequence.length", "sequence.end_on_mistake"), ("memory_sequence",)),
    **{
        key: (name,)
        for name in ("playground", "bring_your_own")
        for key in SETTINGS
        if key.startswith(f"{name}.")
    },
}
# Family of worlds -> least and most of what the schema knows the range of all together.
RANGES: dict[str, dict[str, tuple[int, int]]] = {
    "goal_sequence": {"world.size": (3, 15), "world.view": (3, 9)},
    "memory_sequence": {"sequence.symbols": (2, 10)},
    "travelling_salesperson": {"sequence.symbols": (4, 24)},
    "playground": {"world.size": (8, 32), "world.view": (5, 11)},
    "bring_your_own": {},
}
# What the length of an episode depends on, and the number of agents.
EPISODE = (
    *("world.name", "world.trials", "world.trial_length"),
    *("sequence.length", "sequence.symbols"),
)
BODIES = ("world.name", "playground.agents", "sequence.demonstrators")


@reads("world.name", "world.size", "world.view", "sequence.symbols")
def the_world_fits_its_family(settings: Settings) -> list[Problem]:
    """Families differ in the worlds they offer; the schema knows the range of all together."""
    values, name = flat(settings), settings.world.name
    return [
        found
        for key, (low, high) in RANGES[name].items()
        if not low <= values[key] <= high
        for found in problem(key, f"{values[key]} must be {low}..{high} for world.name {name}")
    ]


@reads("world.name", *READ_BY)
def settings_are_of_the_family(settings: Settings) -> list[Problem]:
    """What another family of worlds reads would be ignored."""
    values, name = flat(settings), settings.world.name
    return [
        Problem("", key, f"is read by world.name {' or '.join(names)} only ({name})")
        for key, names in READ_BY.items()
        if name not in names and values[key] != SETTINGS[key].default
    ]


@reads("world.name", "culture.mode")
def heirlooms_are_of_our_own(settings: Settings) -> list[Problem]:
    """Nobody knows what another's environment shows of its trials, to whom a memory of the last one goes."""
    name, mode = settings.world.name, settings.culture.mode
    if name in OURS or mode == "train_time":
        return []
    return problem("culture.mode", f"{mode} needs a world.name of our own ({name})")


@reads("world.name", "culture.mode", "world.trials", "sequence.observe_clock")
def a_known_sequence_has_one_trial(settings: Settings) -> list[Problem]:
    """Where all episodes are of one sequence, no trial brings news; where they differ, no clock is needed."""
    name, trials = settings.world.name, settings.world.trials
    if name not in COMMENTED:
        return []
    if settings.culture.mode == "train_time" and trials > 1:
        return problem("world.trials", f"{trials} must be 1 for {name} in train_time")
    if settings.culture.mode == "episodic" and settings.sequence.observe_clock:
        return problem("sequence.observe_clock", "needs culture.mode train_time (episodic)")
    return []


@reads("world.name", "culture.mode", "creator.name")
def a_known_sequence_needs_no_creator(settings: Settings) -> list[Problem]:
    """There is one task alone to be proposed."""
    name, mode = settings.creator.name, settings.culture.mode
    if settings.world.name not in COMMENTED or mode == "episodic" or name == "uniform":
        return []
    return problem("creator.name", f"{name} has one task alone to propose. Write uniform")


def longest_episode(settings: Settings) -> int:
    """Most steps of an episode."""
    lengths = {
        "memory_sequence": settings.sequence.length,
        "travelling_salesperson": settings.sequence.symbols - 1,
    }
    return settings.world.trials * lengths.get(settings.world.name, settings.world.trial_length)


def seats_of(settings: Settings) -> tuple[str, int]:
    """The setting that says how many agents there are in a world, and that number."""
    if settings.world.name in COMMENTED:
        return "sequence.demonstrators", 1 + settings.sequence.demonstrators
    agents = settings.playground.agents if settings.world.name == "playground" else 2
    return "playground.agents", agents
