"""Rules between settings: each a pure function from settings to the problems it sees."""

from collections.abc import Callable

from configs import limits
from configs.keys import SETTINGS, flat
from configs.problems import Problem
from configs.schema import Settings

Rule = Callable[[Settings], list[Problem]]

RULES: dict[Rule, tuple[str, ...]] = {}  # each rule -> the keys it reads

TRIALS = 32  # most trials of one episode
BLOCK = 32  # worlds; forward batches of whole blocks give each row the same bits in any company
# Family of worlds -> least and most of world.size and world.view, and what it alone reads.
FAMILIES = {
    "goal_sequence": ((3, 15), (3, 9), ("world.wrong_penalty", "culture.penalty_ramp")),
    "playground": (
        *((8, 32), (5, 11)),
        tuple(key for key in SETTINGS if key.startswith("playground.")),
    ),
}
RANGES = ("objects", "competitiveness", "depth")  # of the playground, with a least and a most
SPREAD = (
    "max_minus_min",
    "max_minus_mean",
    "learnability",
)  # scores over several episodes of a task


def reads(*keys: str) -> Callable[[Rule], Rule]:
    """Registers a rule with the keys it reads; it is not asked if one of them is wrong already."""

    def register(rule: Rule) -> Rule:
        RULES[rule] = keys
        return rule

    return register


@reads("world.name", "world.size", "world.view")
def the_world_fits_its_family(settings: Settings) -> list[Problem]:
    """Families differ in the grids they offer; the schema knows the range of all together."""
    world = settings.world
    sizes, views, _ = FAMILIES[world.name]
    return [
        problem
        for key, value, (low, high) in (("size", world.size, sizes), ("view", world.view, views))
        if not low <= value <= high
        for problem in _problem(
            f"world.{key}", f"{value} must be {low}..{high} for world.name {world.name}"
        )
    ]


@reads("world.name", *(key for _, _, keys in FAMILIES.values() for key in keys))
def settings_are_of_the_family(settings: Settings) -> list[Problem]:
    """What another family of worlds reads would be ignored."""
    values = flat(settings)
    return [
        Problem("", key, f"is read by world.name {name} only ({settings.world.name})")
        for name, (_, _, keys) in FAMILIES.items()
        for key in keys
        if name != settings.world.name and values[key] != SETTINGS[key].default
    ]


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


@reads("world.name", "culture.mode")
def heirlooms_are_of_goal_sequence(settings: Settings) -> list[Problem]:
    """Only there may a memory from the last trial be put back into others: trials are alike in it."""
    name, mode = settings.world.name, settings.culture.mode
    if name == "goal_sequence" or mode == "train_time":
        return []
    return _problem("culture.mode", f"{mode} needs world.name goal_sequence ({name})")


@reads("world.name", "playground.agents", "population.roster")
def elders_need_a_body(settings: Settings) -> list[Problem]:
    """Where every world has one body, nobody can be shown to anybody."""
    roster = settings.population.roster
    if settings.world.name != "playground" or settings.playground.agents > 1:
        return []
    if roster == "self_play":
        return []
    return _problem(
        "population.roster", f"{roster} needs playground.agents of at least 2 (1). Write self_play"
    )


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
    return _divides_a_block("learner.minibatches", settings.learner.minibatches)


@reads("creator.repeats")
def repeats_divide_a_block(settings: Settings) -> list[Problem]:
    """Every proposed task is played equally often in a rollout."""
    return _divides_a_block("creator.repeats", settings.creator.repeats)


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
    if creator.name == "uniform" or creator.capacity >= tasks:
        return []
    return _problem(
        "creator.capacity",
        f"{creator.capacity} must be at least the tasks of one proposal,"
        f" population.members x population.worlds / creator.repeats ({tasks})",
    )


@reads("creator.name", "creator.edits")
def eva_evolves(settings: Settings) -> list[Problem]:
    """Without mutations eva would replay by another rule than it says."""
    if settings.creator.name != "eva" or settings.creator.edits:
        return []
    return _problem("creator.edits", "eva needs at least 1 (0)")


@reads("creator.name", "creator.robust")
def only_plr_probes(settings: Settings) -> list[Problem]:
    """The others know no probes, so the setting would be ignored."""
    if settings.creator.name == "plr" or not settings.creator.robust:
        return []
    return _problem("creator.robust", f"needs creator.name plr ({settings.creator.name})")


@reads("creator.name", "creator.score", "creator.repeats")
def spread_needs_repeats(settings: Settings) -> list[Problem]:
    """A spread of returns needs several episodes of the same task."""
    creator = settings.creator
    if creator.name == "uniform" or creator.score not in SPREAD or creator.repeats > 1:
        return []
    return _problem("creator.score", f"{creator.score} needs creator.repeats of at least 2 (1)")


@reads("creator.name", "creator.score", "culture.generations")
def elder_gap_needs_elders(settings: Settings) -> list[Problem]:
    """The first generation has no elders to compare with."""
    creator, generations = settings.creator, settings.culture.generations
    if creator.name == "uniform" or creator.score != "elder_gap" or generations > 1:
        return []
    return _problem("creator.score", "elder_gap needs culture.generations of at least 2 (1)")


@reads("culture.visibility_start", "culture.visibility_end")
def elders_fade(settings: Settings) -> list[Problem]:
    """Visibility falls, or stays."""
    start, end = settings.culture.visibility_start, settings.culture.visibility_end
    if end <= start:
        return []
    return _problem(
        "culture.visibility_end", f"{end:g} must be at most culture.visibility_start ({start:g})"
    )


@reads("culture.steps", "population.worlds", "world.trials", "world.trial_length")
def steps_hold_a_rollout(settings: Settings) -> list[Problem]:
    """A lifetime holds at least one rollout of whole episodes."""
    rollout = settings.population.worlds * settings.world.trials * settings.world.trial_length
    if settings.culture.steps >= rollout:
        return []
    return _problem(
        "culture.steps",
        f"{settings.culture.steps} must be at least one rollout,"
        f" population.worlds x world.trials x world.trial_length ({rollout})",
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


@reads("evaluation.tasks", "population.members", "culture.single_lifetime")
def returns_fit_a_table(settings: Settings) -> list[Problem]:
    """Half of the table of metrics is for returns on held-out tasks, half for learning curves."""
    learners = settings.population.members * (1 + settings.culture.single_lifetime)
    most = limits.PARQUET_ROWS // 2 // learners
    if settings.evaluation.tasks <= most:
        return []
    return _problem(
        "evaluation.tasks",
        f"{settings.evaluation.tasks} must be at most {most} for {learners} learners"
        f" ({limits.PARQUET_ROWS // 2} rows)",
    )


@reads("evaluation.points", "population.members")
def measurements_fit_a_table(settings: Settings) -> list[Problem]:
    """A quarter of the table of metrics is for the curves of shares, ten numbers at each point."""
    points, members = settings.evaluation.points, settings.population.members
    most = max(0, limits.PARQUET_ROWS // 4 // (10 * members) - 1)  # and one more at the end
    if points <= most:
        return []
    return _problem("evaluation.points", f"{points} must be at most {most} for {members} members")


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


def _divides_a_block(key: str, value: int) -> list[Problem]:
    return [] if BLOCK % value == 0 else _problem(key, f"{value} must divide {BLOCK}")


def _problem(key: str, text: str) -> list[Problem]:
    return [Problem("", key, text)]
