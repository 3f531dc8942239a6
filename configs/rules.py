"""Rules between settings: each a pure function from settings to the problems it sees."""

from configs import control_rules, playground_rules, table_rules, training_rules, world_rules
from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.rule import RULES, reads
from configs.rule import problem as _problem
from configs.schema import Settings
from configs.world_rules import BODIES, COMMENTED, EPISODE, longest_episode, seats_of

__all__ = (
    "RULES",
    "control_rules",
    "playground_rules",
    "table_rules",
    "training_rules",
    "world_rules",
)  # whose rules are among them

SNAPSHOTS = 100  # most former selves of a member
FROZEN = ("elders", "previous", "league")  # rosters that name members of earlier generations
ALL_LEARN = ("population", "self_play")  # rosters in which every agent learns
TRIALS = 32  # most trials of one episode
BLOCK = 32  # worlds; forward batches of whole blocks give each row the same bits in any company
# What no environment of other people can be told, and scripts that know none.
NOT_FOREIGN = (*("culture.visibility_start", "culture.visibility_end", "culture.oracle_noise"),)
MIXTURE = tuple(key for key in SETTINGS if key.startswith("mixture."))
# Key -> the only rosters that read it.
READ_BY = {
    "population.history": ("previous", "league"),
    "population.league": ("league",),
    "population.snapshot_every": ("fictitious",),
    "culture.elders": ("elders",),
    "culture.first_generation": FROZEN,
}
RANGES = ("objects", "competitiveness", "depth")  # of the playground, with a least and a most


@reads("world.name", "bring_your_own.env")
def a_foreign_world_has_an_id(settings: Settings) -> list[Problem]:
    """Which environment to bring; whether PettingZoo knows it turns out when it is made."""
    if settings.world.name != "bring_your_own" or settings.bring_your_own.env:
        return []
    return _problem("bring_your_own.env", "is empty; world.name bring_your_own needs an id")


@reads(
    *("world.name", "population.roster", "culture.first_generation", "run.replays"),
    *(*MIXTURE, *NOT_FOREIGN),
)
def foreign_worlds_are_as_they_are(settings: Settings) -> list[Problem]:
    """Their makers decide how large they are and who sees whom; there is no oracle, and no picture."""
    if settings.world.name != "bring_your_own":
        return []
    values = flat(settings)
    found = [
        problem
        for key in NOT_FOREIGN
        if values[key] != SETTINGS[key].default
        for problem in _problem(key, "is not read by world.name bring_your_own")
    ]
    if settings.culture.first_generation == "oracle":
        found += _problem("culture.first_generation", "oracle: bring_your_own has no oracle")
    if "oracle" in rosters_of(settings):
        found += _problem("population.roster", "oracle: bring_your_own has no oracle")
    if settings.run.replays:
        replays = settings.run.replays
        found += _problem("run.replays", f"{replays}: bring_your_own has no pictures. Write 0")
    return found


@reads(*(f"playground.{name}_{end}" for name in RANGES for end in ("min", "max")))
def least_is_at_most_most(settings: Settings) -> list[Problem]:
    """A range has its ends in order."""
    values = flat(settings.playground)
    return [
        problem
        for name in RANGES
        if (low := values[f"{name}_min"]) > (high := values[f"{name}_max"])
        for problem in _problem(
            f"playground.{name}_min", f"{low} must be at most playground.{name}_max ({high})"
        )
    ]


@reads(*BODIES, "population.roster")
def elders_need_a_body(settings: Settings) -> list[Problem]:
    """Where every world has one agent, nobody can be shown to anybody."""
    roster, (key, agents) = settings.population.roster, seats_of(settings)
    if agents > 1 or roster == "self_play":
        return []
    least, found = (2, 1) if key == "playground.agents" else (1, 0)
    return _problem(
        "population.roster", f"{roster} needs {key} of at least {least} ({found}). Write self_play"
    )


@reads(*BODIES, "population.roster", *MIXTURE)
def demonstrators_do_not_learn(settings: Settings) -> list[Problem]:
    """Who comments earns nothing, so there is nothing to learn from."""
    _, agents = seats_of(settings)
    found = {*ALL_LEARN} & {*rosters_of(settings)}
    if settings.world.name not in COMMENTED or agents == 1 or not found:
        return []
    name = settings.world.name
    return _problem(
        "population.roster", f"{' and '.join(sorted(found))}: demonstrators of {name} do not learn"
    )


@reads("population.roster", *MIXTURE, *READ_BY)
def settings_are_of_the_roster(settings: Settings) -> list[Problem]:
    """What another roster reads would be ignored."""
    roster, values, rules = settings.population.roster, flat(settings), rosters_of(settings)
    readers = {key: ("mixture",) for key in MIXTURE} | READ_BY
    return [
        Problem("", key, f"is read by population.roster {' or '.join(names)} only ({roster})")
        for key, names in readers.items()
        if not {roster, *rules} & {*names} and values[key] != SETTINGS[key].default
    ]


@reads("population.roster", "population.worlds", *MIXTURE)
def a_mixture_fits_its_blocks(settings: Settings) -> list[Problem]:
    """Every rule with a weight has a block of worlds to itself."""
    rules, blocks = rosters_of(settings), settings.population.worlds // BLOCK
    if settings.population.roster != "mixture" or 1 <= len(rules) <= blocks:
        return []
    if not rules:
        return _problem("population.roster", "mixture needs a weight above 0 (none)")
    return _problem(
        "population.worlds",
        f"{settings.population.worlds} must be at least {BLOCK} for each rule of the mixture"
        f" with a weight above 0 ({len(rules)}: {', '.join(rules)})",
    )


@reads("culture.mode", "population.roster", *MIXTURE, "culture.placebo", "culture.untaught")
def controls_need_elders(settings: Settings) -> list[Problem]:
    """Where no elder is shown, a generation is its own control."""
    if settings.culture.mode == "episodic" or {*FROZEN} & {*rosters_of(settings)}:
        return []
    needs = f"needs a population.roster with {', '.join(FROZEN)} ({settings.population.roster})"
    keys = ("culture.placebo", "culture.untaught")
    return [found for key in keys if flat(settings)[key] for found in _problem(key, needs)]


@reads("culture.mode", "population.roster")
def a_roster_is_of_train_time(settings: Settings) -> list[Problem]:
    """Episodic generations live beside elders, and learn to learn beside oracles."""
    mode, roster = settings.culture.mode, settings.population.roster
    if mode == "train_time" or roster == SETTINGS["population.roster"].default:
        return []
    return _problem("population.roster", f"{roster} needs culture.mode train_time ({mode})")


@reads("culture.elders", "population.members")
def elders_are_members(settings: Settings) -> list[Problem]:
    """Only members become elders."""
    elders, members = settings.culture.elders, settings.population.members
    if elders <= members:
        return []
    return _problem("culture.elders", f"{elders} must be at most population.members ({members})")


@reads("population.worlds")
def worlds_fill_blocks(settings: Settings) -> list[Problem]:
    """Batches are whole blocks, so that results do not depend on who shares a batch."""
    worlds = settings.population.worlds
    if worlds % BLOCK == 0:
        return []
    near = worlds // BLOCK * BLOCK
    return _problem(
        "population.worlds",
        f"{worlds} is not a multiple of {BLOCK}. Write {near} or {near + BLOCK}",
    )


@reads("learner.minibatches")
def minibatches_divide_a_block(settings: Settings) -> list[Problem]:
    """A minibatch holds whole episodes, equally many in each, also of learners with few worlds."""
    return divides_a_block("learner.minibatches", settings.learner.minibatches)


@reads("world.name", "learner.encoder", "learner.auxiliary_weight")
def only_the_playground_shows_goals(settings: Settings) -> list[Problem]:
    """Elsewhere no goal is read, so there is nothing to attend and nothing to foresee."""
    name, learner = settings.world.name, settings.learner
    if name == "playground":
        return []
    needs = f"needs world.name playground ({name})"
    attention = _problem("learner.encoder", f"attention {needs}")
    foresight = _problem("learner.auxiliary_weight", f"{learner.auxiliary_weight:g} {needs}")
    return [
        *(attention if learner.encoder == "attention" else []),
        *(foresight if learner.auxiliary_weight else []),
    ]


@reads("evaluation.tasks", "evaluation.episodes")
def evaluations_fill_blocks(settings: Settings) -> list[Problem]:
    """What is measured is played in whole blocks too."""
    tasks, episodes = settings.evaluation.tasks, settings.evaluation.episodes
    if tasks * episodes % BLOCK == 0:
        return []
    return _problem(
        "evaluation.tasks",
        f"{tasks} x evaluation.episodes ({episodes}) is not a multiple of {BLOCK}",
    )


@reads("population.roster", "population.snapshot_every", "culture.steps", "mixture.fictitious")
def former_selves_fit_a_lifetime(settings: Settings) -> list[Problem]:
    """At least one in a lifetime, and not more than memory holds."""
    every, steps = settings.population.snapshot_every, settings.culture.steps
    if "fictitious" not in rosters_of(settings) or every <= steps <= SNAPSHOTS * every:
        return []
    return _problem(
        "population.snapshot_every",
        f"{every} must be culture.steps ({steps}) / {SNAPSHOTS} to culture.steps",
    )


@reads("culture.visibility_start", "culture.visibility_end")
def elders_fade(settings: Settings) -> list[Problem]:
    """Visibility falls, or stays."""
    start, end = settings.culture.visibility_start, settings.culture.visibility_end
    if end <= start:
        return []
    return _problem(
        "culture.visibility_end", f"{end:g} must be at most culture.visibility_start ({start:g})"
    )


@reads("culture.steps", "population.worlds", *EPISODE)
def steps_hold_a_rollout(settings: Settings) -> list[Problem]:
    """A lifetime holds at least one rollout of whole episodes."""
    rollout = settings.population.worlds * longest_episode(settings)
    if settings.culture.steps >= rollout:
        return []
    return _problem(
        "culture.steps",
        f"{settings.culture.steps} must be at least one rollout,"
        f" population.worlds x the longest episode ({rollout})",
    )


@reads("culture.mode", "culture.generations", "culture.single_lifetime", "world.trials")
def a_single_lifetime_fits_an_episode(settings: Settings) -> list[Problem]:
    """The lone learner of an episodic experiment lives all generations' trials in one episode."""
    culture, trials = settings.culture, settings.world.trials
    together = trials * culture.generations
    if culture.mode != "episodic" or not culture.single_lifetime or together <= TRIALS:
        return []
    return _problem(
        "culture.generations",
        f"{culture.generations} x world.trials ({trials}) must be at most {TRIALS} trials"
        " for culture.single_lifetime in episodic mode",
    )


@reads("run.replays", "evaluation.tasks")
def replays_are_of_held_out_tasks(settings: Settings) -> list[Problem]:
    """Every replay of a generation shows another held-out task."""
    replays, tasks = settings.run.replays, settings.evaluation.tasks
    if replays <= tasks:
        return []
    return _problem("run.replays", f"{replays} must be at most evaluation.tasks ({tasks})")


@reads("ray.address", "ray.worker_memory", "workers")
def ray_needs_workers(settings: Settings) -> list[Problem]:
    """Without workers there is no Ray, so what is said of it would be ignored."""
    if settings.workers:
        return []
    return [
        Problem("", f"ray.{key}", "needs workers of at least 1; workers is 0 (no Ray)")
        for key, value in flat(settings.ray).items()
        if value
    ]


def rosters_of(settings: Settings) -> tuple[str, ...]:
    """The rules by which co-players are cast: the roster, or those of the mixture with a weight above 0."""
    if settings.population.roster != "mixture":
        return (settings.population.roster,)
    return tuple(name for name, weight in flat(settings.mixture).items() if weight)


def divides_a_block(key: str, value: int) -> list[Problem]:
    """Whether blocks of worlds fall into that many equal parts."""
    return [] if BLOCK % value == 0 else _problem(key, f"{value} must divide {BLOCK}")
