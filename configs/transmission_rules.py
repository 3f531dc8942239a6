"""Rules of the channels of transmission, registered with all others."""

from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.rule import problem, reads
from configs.rules import BLOCK, FROZEN, MIXTURE, rosters_of
from configs.schema import Settings

OF_ELDERS = (  # channels that hand on the weights of elders, or what was recorded of them
    *("transmission.distil", "transmission.clone", "transmission.replay"),
    "learner.infer_weight",
)
OF_SIGHT = ("learner.predict_weight", "transmission.shaping")  # those that need somebody to be seen
COMMENTED = ("memory_sequence", "travelling_salesperson")  # whose demonstrators have no bodies
# Channel -> families of worlds in which it can work.
WORLDS = {
    "transmission.clone": ("goal_sequence", *COMMENTED, "playground"),
    "transmission.replay": ("goal_sequence", "playground"),
    "transmission.shaping": ("goal_sequence", "playground"),
    "learner.predict_weight": ("goal_sequence", *COMMENTED, "playground"),
    "learner.infer_weight": ("goal_sequence", *COMMENTED),
}
IMITATION = ("transmission.distil", "transmission.clone", "learner.infer_weight")
# Setting -> the channels that read it.
READERS = {
    "transmission.recordings": (
        *("transmission.clone", "transmission.replay", "learner.infer_weight"),
    ),
    "transmission.epochs": IMITATION,
    "transmission.until": (*IMITATION, "transmission.shaping"),
}


@reads("world.name", *WORLDS)
def channels_suit_the_world(settings: Settings) -> list[Problem]:
    """A body can be replayed and neared, an action inferred that one sees the effect of, a comment neither."""
    values, name = flat(settings), settings.world.name
    return [
        found
        for key, worlds in WORLDS.items()
        if values[key] and name not in worlds
        for found in problem(key, f"needs world.name {' or '.join(worlds)} ({name})")
    ]


@reads(*OF_ELDERS, "culture.mode", "world.name", "population.roster", *MIXTURE)
def imitation_needs_elders(settings: Settings) -> list[Problem]:
    """Only train-time generations have elders while they learn, and only where the roster names some."""
    values, roster = flat(settings), settings.population.roster
    asked = [key for key in OF_ELDERS if values[key]]
    if settings.culture.mode == "episodic":
        # Comments are seen of oracles too.
        commented = settings.world.name in COMMENTED
        return [
            found
            for key in asked
            if not (commented and key == "learner.infer_weight")
            for found in problem(key, "needs culture.mode train_time (episodic)")
        ]
    if {*FROZEN} & {*rosters_of(settings)}:
        return []
    return [
        found
        for key in asked
        for found in problem(key, f"needs population.roster {', '.join(FROZEN)} ({roster})")
    ]


@reads(*OF_SIGHT, "population.roster", *MIXTURE)
def sight_needs_somebody_who_knows(settings: Settings) -> list[Problem]:
    """Elders or oracles; to look at anybody else teaches nothing."""
    values, roster, known = flat(settings), settings.population.roster, (*FROZEN, "oracle")
    if {*known} & {*rosters_of(settings)}:
        return []
    return [
        found
        for key in OF_SIGHT
        if values[key]
        for found in problem(key, f"needs population.roster {', '.join(known)} ({roster})")
    ]


@reads("transmission.replay", "creator.name", "population.roster")
def recordings_have_their_own_tasks(settings: Settings) -> list[Problem]:
    """A creator that learns would take their returns for those of its own tasks; peers would be turned out."""
    if not settings.transmission.replay:
        return []
    creator, roster = settings.creator.name, settings.population.roster
    found = []
    if creator != "uniform":
        found += problem("transmission.replay", f"needs creator.name uniform ({creator})")
    if roster != "elders":
        found += problem("transmission.replay", f"needs population.roster elders ({roster})")
    return found


@reads("transmission.recordings")
def recordings_fill_blocks(settings: Settings) -> list[Problem]:
    """They are played in whole blocks of worlds."""
    count = settings.transmission.recordings
    if count % BLOCK == 0:
        return []
    return problem("transmission.recordings", f"{count} is not a multiple of {BLOCK}")


@reads(*READERS, *OF_ELDERS, *OF_SIGHT)
def settings_are_of_a_channel(settings: Settings) -> list[Problem]:
    """What no channel reads would be ignored."""
    values = flat(settings)
    return [
        found
        for key, channels in READERS.items()
        if values[key] != SETTINGS[key].default and not any(values[name] for name in channels)
        for found in problem(key, f"is read with {' or '.join(channels)} above 0 only")
    ]
