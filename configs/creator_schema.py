"""Every setting of creators, as those of `schema.py`."""

from dataclasses import dataclass

from configs.setting import setting

SCORES = (  # estimators of regret
    "positive_value_loss",
    "l1_value_loss",
    "max_mc",
    "max_minus_min",
    "max_minus_mean",
    "learnability",
    "learning_progress",
    "elder_gap",
    "frontier",
    "random_score",
)
CREATORS = (
    "uniform",
    "plr",
    "eva",
    "sfl",
    "alp_gmm",
    "again",
    "omni",
    "dynamic",
    "poet",
    "paired",
    "maestro",
    "schedule",
    "mix",
)


@dataclass(frozen=True)
class Sfl:
    """Sampling for learnability: probe many tasks, train on those of the highest score."""

    pool: int = setting(
        1024, "Tasks probed each time.", "tasks", 1, 100_000, source="Rutherford 2024"
    )
    top: int = setting(128, "Tasks kept of them.", "tasks", 1, 100_000, source="Rutherford 2024")
    every: int = setting(
        50,
        "Proposals from one probing to the next.",
        "proposals",
        1,
        10**6,
        source="Rutherford 2024",
    )
    share: float = setting(
        0.5,
        "Part of the proposed tasks that are kept ones.",
        "share",
        0,
        1,
        source="Rutherford 2024",
    )


@dataclass(frozen=True)
class Gmm:
    """Mixtures of Gaussians over tasks and the learning progress on them, for alp_gmm and again."""

    every: int = setting(
        250, "Tasks from one fit to the next.", "tasks", 10, 10**6, source="Portelas 2019"
    )
    window: int = setting(
        250, "Latest tasks that are fitted.", "tasks", 10, 10**6, source="Portelas 2019"
    )
    most: int = setting(
        10, "Most Gaussians of a mixture, at least 2.", "Gaussians", 2, 100, source="Portelas 2019"
    )
    random: float = setting(
        0.2, "Part of the tasks drawn from all.", "share", 0, 1, source="Portelas 2019"
    )


@dataclass(frozen=True)
class Again:
    """A curriculum taken over from those of earlier learners who knew as little at first."""

    pretest: int = setting(
        2, "Mixtures fitted before one is taken over.", "fits", 1, 1000, source="Portelas 2020"
    )
    nearest: int = setting(
        5,
        "Earlier learners most alike that are asked.",
        "learners",
        1,
        1000,
        source="Portelas 2020",
    )
    least: float = setting(
        0.2, "Least progress of a Gaussian taken over.", "share", 0, 1, source="Portelas 2020"
    )
    random: float = setting(
        0.02, "Part of the tasks drawn from all then.", "share", 0, 1, source="Portelas 2020"
    )


@dataclass(frozen=True)
class Omni:
    """Which of many tasks are interesting, given what can be done already."""

    candidates: int = setting(4, "Tasks looked at for each that is proposed.", "tasks", 1, 64)
    mastered: float = setting(
        0.75, "From this share on a task, and what is like it, is boring.", "share", 0, 1
    )
    radius: float = setting(
        0.1, "Tasks this near to each other are alike.", "of the space's diagonal", 0, 1
    )
    boring: float = setting(0.001, "Weight of boring tasks.", "share", 0, 1, source="Zhang 2023")


@dataclass(frozen=True)
class Gate:
    """Which of the probed tasks members train on, for dynamic and poet."""

    achieved: float = setting(
        0.5, "A return from this on is success.", "share of the best", 0, 1, source="OEL Team 2021"
    )
    solved: float = setting(
        0.9, "Members must succeed less often.", "probability", 0, 1, source="OEL Team 2021"
    )
    margin: float = setting(
        0.05,
        "By how much members must do better than random actions.",
        "share of the best",
        0,
        1,
        source="OEL Team 2021",
    )
    ahead: float = setting(
        0.1, "How often they must at least.", "probability", 0, 1, source="OEL Team 2021"
    )
    trivial: float = setting(
        0.5, "Random actions must succeed less often.", "probability", 0, 1, source="OEL Team 2021"
    )
    low: float = setting(
        0.1, "poet: least mean return.", "share of the best", 0, 1, source="Wang 2019"
    )
    high: float = setting(
        0.9, "poet: highest mean return.", "share of the best", 0, 1, source="Wang 2019"
    )
    nearest: int = setting(
        5, "poet: tasks from which a new one has to differ.", "tasks", 1, 1000, source="Wang 2019"
    )
    admitted: int = setting(
        16, "poet: the most novel tasks that are let in at a time.", "tasks", 1, 10_000
    )


@dataclass(frozen=True)
class Paired:
    """A creator that is a policy itself and learns to make tasks of high regret."""

    hidden: int = setting(64, "Width of its network.", "numbers", 4, 1024)
    bins: int = setting(10, "Steps into which each coordinate of a task is cut.", "steps", 2, 100)
    learning_rate: float = setting(1e-3, "Step size of Adam.", "per update", 0, 1, open=True)
    entropy_weight: float = setting(
        0.05, "Bonus for many kinds of tasks.", "factor", 0, 1, source="Jiang 2023"
    )
    epochs: int = setting(4, "Passes over the tasks of a proposal.", "passes", 1, 100)


@dataclass(frozen=True)
class Schedule:
    """Tasks that come by a law, whatever members do on them."""

    law: str = setting(
        "cyclical",
        "cyclical: kinds in turn; power: by rank; zipfian: by rank to the power of -1; bursty: in bursts.",
        choices=("cyclical", "power", "zipfian", "bursty"),
    )
    tasks: int = setting(256, "Tasks there are.", "tasks", 2, 100_000)
    kinds: int = setting(4, "Kinds into which they fall by likeness.", "kinds", 2, 1000)
    period: int = setting(
        10, "Proposals of one kind, or of one burst on average.", "proposals", 1, 10**6
    )
    exponent: float = setting(1.5, "power: rank to minus this.", "exponent", 0, 10, open=True)
    burst: int = setting(4, "bursty: tasks in a burst.", "tasks", 1, 100_000, source="Chan 2022")


@dataclass(frozen=True)
class Mix:
    """Weights of the algorithms of creator mix; with a period they take turns instead."""

    uniform: float = setting(0.5, "Weight of uniform.", "share", 0, 1)
    plr: float = setting(0.5, "Weight of plr.", "share", 0, 1)
    eva: float = setting(0.0, "Weight of eva.", "share", 0, 1)
    sfl: float = setting(0.0, "Weight of sfl.", "share", 0, 1)
    alp_gmm: float = setting(0.0, "Weight of alp_gmm.", "share", 0, 1)
    again: float = setting(0.0, "Weight of again.", "share", 0, 1)
    omni: float = setting(0.0, "Weight of omni.", "share", 0, 1)
    dynamic: float = setting(0.0, "Weight of dynamic.", "share", 0, 1)
    poet: float = setting(0.0, "Weight of poet.", "share", 0, 1)
    paired: float = setting(0.0, "Weight of paired.", "share", 0, 1)
    maestro: float = setting(0.0, "Weight of maestro.", "share", 0, 1)
    schedule: float = setting(0.0, "Weight of schedule.", "share", 0, 1)
    period: int = setting(
        0,
        "Proposals of one after the other, in the order above; 0: drawn by weight.",
        "proposals",
        0,
        10**6,
    )


@dataclass(frozen=True)
class Creator:
    """Who proposes tasks, and by what regret."""

    name: str = setting(
        "eva",
        "Algorithm; docs/creators.md tells of each.",
        choices=CREATORS,
        source="Jiang 2021",
    )
    score: str = setting(
        "positive_value_loss",
        "Estimator of regret that ranks tasks.",
        choices=SCORES,
        source="Jiang 2021",
    )
    capacity: int = setting(1024, "Tasks the buffer holds.", "tasks", 1, 100_000)
    priority: str = setting(
        "rank",
        "plr, maestro: whether tasks are replayed by the rank of their score, or in proportion to it.",
        choices=("rank", "proportional"),
        source="Jiang 2021",
    )
    temperature: float = setting(
        0.3, "Small is greedy, large is even.", "exponent", 0, 100, open=True, source="Jiang 2021"
    )
    staleness: float = setting(
        0.3, "Weight of tasks not played for long.", "share", 0, 1, source="Jiang 2021"
    )
    replay: float = setting(
        0.8, "Replay rather than draw.", "probability of a replay", 0, 1, source="Jiang 2021"
    )
    min_fill: float = setting(
        0.5, "Replay begins at this fill.", "share of capacity", 0, 1, source="Jiang 2021"
    )
    repeats: int = setting(
        4, "Episodes played of each proposed task; a divisor of 32.", "episodes", 1, 1024
    )
    evolved: float = setting(
        0.8, "Part of the next tasks that are evolved from those with high regret.", "share", 0, 1
    )
    edits: int = setting(
        2,
        "Mutations from a task to its child; 0: plr only replays.",
        "edits",
        0,
        64,
        source="Parker-Holder 2022",
    )
    robust: bool = setting(
        False,
        "Whether members of plr learn from replayed tasks only; the others just probe.",
        source="Jiang 2021b",
    )
    rosters: bool = setting(
        False,
        "Whether tasks replayed or evolved are played in the company they were scored with.",
    )
    agents: str = setting(
        "mean",
        "How scores of a task's learning agents make one; sum: exploitability, if what one gains others lose.",
        choices=("mean", "sum"),
        source="Lanctot 2017",
    )
    sfl: Sfl = Sfl()
    gmm: Gmm = Gmm()
    again: Again = Again()
    omni: Omni = Omni()
    gate: Gate = Gate()
    paired: Paired = Paired()
    schedule: Schedule = Schedule()
    mix: Mix = Mix()
