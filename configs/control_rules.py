"""Rules of the controls that culture is compared with, registered with all others."""

from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.rule import problem, reads
from configs.schema import Settings

# Controls that learn for themselves, by the kind of generations; each is a setting of `culture`.
TRAINED = {
    "train_time": (
        "placebo",  # the young live among elders who have learned nothing
        "untaught",  # nobody is shown to them
        "inherit",  # they go on with the weights of the best one before, and nobody is shown
    ),
    "episodic": ("untaught",),  # nobody is ever shown to them while they learn to learn
}
READ_BY = {  # key -> the only kind of generations that reads it
    "culture.demonstrator": "episodic",
    "culture.isolated": "episodic",
    "culture.inherit": "train_time",
}
LATER = ("culture.placebo", "culture.inherit")  # differ from generation 1 on


def trained(settings: Settings) -> list[str]:
    """The controls that the settings ask for and that learn for themselves."""
    return [name for name in TRAINED[settings.culture.mode] if getattr(settings.culture, name)]


@reads("culture.mode", *READ_BY)
def controls_are_of_the_mode(settings: Settings) -> list[Problem]:
    """What the other kind of generations reads would be ignored."""
    values, mode = flat(settings), settings.culture.mode
    return [
        found
        for key, reader in READ_BY.items()
        if mode != reader and values[key] != SETTINGS[key].default
        for found in problem(key, f"is read by culture.mode {reader} only ({mode})")
    ]


@reads("culture.generations", *LATER)
def controls_have_time_to_differ(settings: Settings) -> list[Problem]:
    """The first generation has no elders."""
    if settings.culture.generations > 1:
        return []
    return [
        found
        for key in LATER
        if flat(settings)[key]
        for found in problem(key, "needs culture.generations of at least 2 (1)")
    ]
