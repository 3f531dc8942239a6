"""Every setting of an experiment: type, default, help, unit, range, choices and source."""

from dataclasses import dataclass, field
from typing import Any

from configs import limits

SCORES = (  # estimators of regret
    *("positive_value_loss", "l1_value_loss", "max_mc", "max_minus_min", "max_minus_mean"),
    *("learnability", "learning_progress", "elder_gap"),
)
KEY = "setting"  # where a field's metadata holds its Setting


@dataclass(frozen=True)
class Setting:
    """What is said about one setting; `low` and `high` are allowed, but `low` not if `open`."""

    default: bool | int | float | str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    open: bool = False
    choices: tuple[int | str, ...] = ()
    source: str = ""
    resumable: bool = False


def setting(default: bool | int | float | str, help: str, *about: Any, **more: Any) -> Any:
    """A dataclass field with `default` that carries a `Setting` made of all arguments."""
    return field(default=default, metadata={KEY: Setting(default, help, *about, **more)})


@dataclass(frozen=True)
class World:
    """The world, and what every task in it has in common."""

    name: str = setting(
        "goal_sequence", "Family of worlds.", choices=("goal_sequence", "playground")
    )
    size: int = setting(
        5,
        "Rows and columns of the grid; goal_sequence 3..15, playground 8..32.",
        "cells",
        3,
        32,
        source="Cook 2024",
    )
    trials: int = setting(
        1, "Trials of one episode; memory passes from one to the next.", "trials", 1, 32
    )
    trial_length: int = setting(20, "Length of a trial.", "steps", 1, 256)
    view: int = setting(
        5,
        "Side of the square an agent sees; goal_sequence up to 9, playground from 5 on.",
        "cells",
        choices=(3, 5, 7, 9, 11),
        source="Cook 2024",
    )
    wrong_penalty: float = setting(
        1.0,
        "goal_sequence: loss for touching a goal out of order.",
        "reward",
        0,
        1,
        source="Cook 2024",
    )


@dataclass(frozen=True)
class Playground:
    """What the tasks of the playground are like; least and most are drawn between, for each task."""

    agents: int = setting(2, "Bodies in a world, each with a goal of its own.", "agents", 1, 8)
    heights: int = setting(4, "Heights of the terrain, with ramps between; 1 is flat.", "", 1, 4)
    smooth: int = setting(6, "How much more often a tile stands beside its like.", "factor", 1, 100)
    floors: int = setting(2, "Floor colours in use.", "colours", 0, 6)
    objects_min: int = setting(6, "Fewest objects at the start.", "objects", 1, 16)
    objects_max: int = setting(10, "Most objects at the start.", "objects", 1, 16)
    colours: int = setting(3, "Object colours in use.", "colours", 1, 6)
    freeze: int = setting(20, "Agents with the gadget that freezes objects.", "percent", 0, 100)
    tag: int = setting(20, "Agents with the gadget that sends others away.", "percent", 0, 100)
    near_weight: int = setting(
        3, "Weight of atoms that two things are near each other.", "", 0, 100
    )
    touch_weight: int = setting(2, "Weight of atoms that two things touch.", "", 0, 100)
    hold_weight: int = setting(3, "Weight of atoms that an agent holds an object.", "", 0, 100)
    see_weight: int = setting(2, "Weight of atoms that one thing sees another.", "", 0, 100)
    on_weight: int = setting(3, "Weight of atoms that a thing is on a floor.", "", 0, 100)
    atoms: int = setting(6, "Most different atoms in all goals of a task together.", "atoms", 2, 16)
    options: int = setting(3, "Most options of a goal.", "options", 1, 6, source="OEL Team 2021")
    option_atoms: int = setting(
        3, "Most atoms of an option.", "atoms", 1, 6, source="OEL Team 2021"
    )
    negate: int = setting(30, "Atoms that must not hold.", "percent", 0, 100)
    competitiveness_min: int = setting(
        0, "Least competitiveness of a game.", "percent", 0, 100, source="OEL Team 2021"
    )
    competitiveness_max: int = setting(
        100, "Most competitiveness of a game.", "percent", 0, 100, source="OEL Team 2021"
    )
    depth_min: int = setting(
        0, "Fewest rules that must fire before a goal can hold.", "rules", 0, 4
    )
    depth_max: int = setting(
        2,
        "Most rules that must fire before a goal can hold.",
        "rules",
        0,
        4,
        source="Adaptive Agent Team 2023",
    )
    dead_ends: int = setting(
        1, "Most rules that lead nowhere.", "rules", 0, 4, source="Adaptive Agent Team 2023"
    )
    hide_rules: int = setting(
        0, "Rules that an agent may not read.", "percent", 0, 100, source="Adaptive Agent Team 2023"
    )
    reward: str = setting(
        "state",
        "On every step that the goal holds, on the first one of a trial, or whenever it turns.",
        choices=("state", "first", "flip"),
    )
    trial_end: str = setting(
        "time",
        "When a trial ends: by time alone, or once any or all agents have reached their goal.",
        choices=("time", "any_goal", "all_goals"),
    )
    presence: str = setting(
        "all",
        "Who is there in which trial: all, without an elder from some trial on, or as drawn.",
        choices=("all", "elder_leaves", "random"),
    )


@dataclass(frozen=True)
class Population:
    """Who learns, and with whom."""

    members: int = setting(4, "Members that learn in each generation.", "members", 1, 256)
    worlds: int = setting(
        256, "Worlds each member plays at once; a multiple of 32.", "worlds", 32, 65536
    )
    roster: str = setting(
        "elders",
        "Who plays the other agents: the best elders, any member of the previous generation, "
        "members of the same one, or the learner itself.",
        choices=("elders", "previous", "population", "self_play"),
        source="OEL Team 2021",
    )


@dataclass(frozen=True)
class Learner:
    """How a member learns: proximal policy optimisation over whole episodes."""

    hidden: int = setting(
        128, "Width of the network and of its memory.", "numbers", 8, 4096, source="Cook 2024"
    )
    learning_rate: float = setting(
        1e-3, "Step size of Adam at first.", "per update", 0, 1, open=True, source="Cook 2024"
    )
    final_learning_rate: float = setting(
        0.02, "Step size when a lifetime ends.", "share of learning_rate", 0, 1, source="Cook 2024"
    )
    gamma: float = setting(
        0.99, "Discount of future rewards.", "per step", 0, 1, source="Schulman 2017"
    )
    gae_lambda: float = setting(
        0.95, "Decay of advantage estimates.", "per step", 0, 1, source="Schulman 2016"
    )
    clip: float = setting(
        0.2, "Largest change of a probability.", "ratio", 0, 1, open=True, source="Schulman 2017"
    )
    value_weight: float = setting(
        0.5, "Weight of the value loss.", "factor", 0, 100, source="Schulman 2017"
    )
    entropy_weight: float = setting(
        0.03, "Weight of the entropy bonus.", "factor", 0, 10, source="Cook 2024"
    )
    epochs: int = setting(3, "Passes over each rollout.", "passes", 1, 64)
    minibatches: int = setting(
        4, "Parts a rollout is learned in; a divisor of 32.", "parts", 1, 1024
    )
    max_grad_norm: float = setting(
        0.5, "Longest gradient.", "norm", 0, 1000, open=True, source="Schulman 2017"
    )


@dataclass(frozen=True)
class Creator:
    """Who proposes tasks, and by what regret."""

    name: str = setting(
        "eva",
        "Algorithm: uniform draws, plr replays, eva replays and evolves.",
        choices=("uniform", "plr", "eva"),
        source="Jiang 2021",
    )
    score: str = setting(
        "positive_value_loss",
        "Estimator of regret that ranks tasks.",
        choices=SCORES,
        source="Jiang 2021",
    )
    capacity: int = setting(1024, "Tasks the buffer holds.", "tasks", 1, 100_000)
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


@dataclass(frozen=True)
class Culture:
    """How knowledge passes from elders to young."""

    mode: str = setting(
        "train_time",
        "A lifetime is a training run (train_time) or one episode (episodic).",
        choices=("train_time", "episodic"),
        source="Cook 2024",
    )
    generations: int = setting(3, "Generations of the experiment.", "generations", 1, 10_000)
    steps: int = setting(
        300_000,
        "What one member learns from: a lifetime (train_time), or all meta-training (episodic).",
        "agent-steps",
        1,
        10**12,
    )
    elders: int = setting(
        1, "Best members, shown to the next generation.", "members", 1, 256, source="Cook 2024"
    )
    visibility_start: float = setting(
        1.0,
        "At the start of a lifetime.",
        "probability of seeing a demonstrator",
        0,
        1,
        source="Cook 2024",
    )
    visibility_end: float = setting(
        0.0,
        "At the end of a lifetime.",
        "probability of seeing a demonstrator",
        0,
        1,
        source="Cook 2024",
    )
    distil: float = setting(
        0.0,
        "Weight of imitating the elders at birth, besides watching them; falls to 0.",
        "factor",
        0,
        100,
        source="Schmitt 2018",
    )
    distil_epochs: int = setting(10, "Passes over each rollout while imitating.", "passes", 1, 64)
    distil_until: float = setting(
        0.25, "When imitation has faded out.", "share of a lifetime", 0, 1, open=True
    )
    reset_layers: int = setting(
        0,
        "Layers drawn anew in a copy of the best elder; 0: everything is new.",
        "layers",
        0,
        3,
        source="Cook 2024",
    )
    oracle_noise: float = setting(
        0.2, "How often the oracle errs.", "probability of a wrong move", 0, 1, source="Cook 2024"
    )
    penalty_ramp: float = setting(
        0.0,
        "goal_sequence: the wrong penalty grows from 0 to its value.",
        "share of the experiment",
        0,
        1,
    )
    first_generation: str = setting(
        "noise",
        "Whom generation 0 sees: noise, nobody (alone) or the oracle.",
        choices=("noise", "alone", "oracle"),
    )
    single_lifetime: bool = setting(
        True, "Also train one long lifetime of equal experience, to compare with."
    )


@dataclass(frozen=True)
class Evaluation:
    """How a generation is measured, on tasks no creator may propose."""

    tasks: int = setting(64, "Held-out tasks.", "tasks", 1, 65536)
    episodes: int = setting(4, "Episodes of each task and member.", "episodes", 1, 1024)
    solved: float = setting(
        0.5, "A task counts as solved from this return on.", "share of the oracle's return", 0, 1
    )
    company: str = setting(
        "alone",
        "Who fills the other bodies: nobody (they stand still), noise, or the measured member.",
        choices=("alone", "noise", "self_play"),
    )
    points: int = setting(
        0,
        "How often the young are measured in their lifetime, for a curve; 0: at its end only.",
        "measurements",
        0,
        1000,
    )


@dataclass(frozen=True)
class Run:
    """The run folder."""

    dir: str = setting("", "Folder of the run; empty: a new one below runs/.")
    keep: int = setting(2, "Checkpoints kept.", "generations", 2, 10_000, resumable=True)
    replays: int = setting(4, "Episodes recorded of each generation.", "episodes", 0, 10_000)


@dataclass(frozen=True)
class Ray:
    """The cluster that does the work."""

    address: str = setting(
        "", "Address of a running Ray; empty: our own on this machine.", resumable=True
    )
    worker_memory: int = setting(
        0,
        "A worker that holds more after a unit is replaced; 0: no bound.",
        "MiB",
        0,
        2**20,
        resumable=True,
    )


@dataclass(frozen=True)
class Settings:
    """All settings of one experiment."""

    seed: int = setting(
        0, "Seed of the experiment; every draw derives from it.", "", 0, limits.LARGEST_INTEGER
    )
    workers: int = setting(
        2,
        "Ray workers; 0 works in this process, without Ray.",
        "processes",
        0,
        4096,
        resumable=True,
    )
    world: World = World()
    playground: Playground = Playground()
    population: Population = Population()
    learner: Learner = Learner()
    creator: Creator = Creator()
    culture: Culture = Culture()
    evaluation: Evaluation = Evaluation()
    run: Run = Run()
    ray: Ray = Ray()
