"""Every setting of an experiment: type, default, help, unit, range, choices and source.

Those of its worlds are in `world_schema.py`, of creators in `creator_schema.py`, of population-based
training in `training_schema.py`, of channels between generations in `transmission_schema.py`.
"""

from dataclasses import dataclass

from configs import limits
from configs.creator_schema import Creator
from configs.setting import setting
from configs.training_schema import PopulationTraining
from configs.transmission_schema import Transmission
from configs.world_schema import BringYourOwn, Playground, Sequence, World

ROSTERS = (  # rules by which the other agents of a world are cast
    *("elders", "previous", "population", "self_play", "league", "fictitious"),
    *("noop", "random", "oracle"),
)


@dataclass(frozen=True)
class Population:
    """Who learns, and with whom."""

    members: int = setting(4, "Members that learn in each generation.", "members", 1, 1024)
    worlds: int = setting(
        256, "Worlds each member plays at once; a multiple of 32.", "worlds", 32, 65536
    )
    roster: str = setting(
        "elders",
        "Who plays the other agents: elders, members of earlier generations or of the same one, "
        "the learner or its former selves, who beats it, a script, or a mixture.",
        choices=(*ROSTERS, "mixture"),
        source="OEL Team 2021",
    )
    history: int = setting(
        1, "Generations that previous and league draw from.", "generations", 1, 1000
    )
    league: str = setting(
        "hard",
        "Whom a league prefers: those one loses against, those of even strength, or nobody.",
        choices=("hard", "even", "uniform"),
        source="Vinyals 2019",
    )
    snapshot_every: int = setting(
        100_000,
        "Between two former selves that fictitious draws from.",
        "agent-steps",
        1,
        10**12,
        source="Adaptive Agent Team 2023",
    )


@dataclass(frozen=True)
class Mixture:
    """Weights of the rules of roster mixture: shares of a member's blocks of 32 worlds, each at least one."""

    elders: float = setting(0.0, "Weight of the best elders.", "share", 0, 1)
    previous: float = setting(0.2, "Weight of members of earlier generations.", "share", 0, 1)
    population: float = setting(0.5, "Weight of members of the same generation.", "share", 0, 1)
    self_play: float = setting(0.25, "Weight of the learner itself.", "share", 0, 1)
    league: float = setting(0.0, "Weight of draws by the learner's record.", "share", 0, 1)
    fictitious: float = setting(0.0, "Weight of the learner's former selves.", "share", 0, 1)
    noop: float = setting(0.0, "Weight of bodies that stand still.", "share", 0, 1)
    random: float = setting(0.05, "Weight of bodies that move at random.", "share", 0, 1)
    oracle: float = setting(0.0, "Weight of oracles.", "share", 0, 1)


@dataclass(frozen=True)
class Learner:
    """How a member learns: proximal policy optimisation over whole episodes."""

    hidden: int = setting(
        128, "Width of the network and of its memory.", "numbers", 8, 4096, source="Cook 2024"
    )
    memory: str = setting(
        "gru",
        "What members remember with: a GRU, or S5, a state-space model, cheaper in long episodes.",
        choices=("gru", "s5"),
        source="Smith 2023",
    )
    encoder: str = setting(
        "auto",
        "How worlds are seen: as suits them; or on the playground, by goal's options attended after memory.",
        choices=("auto", "attention"),
        source="OEL Team 2021",
    )
    auxiliary_weight: float = setting(
        0.0,
        "playground: weight of predicting which atoms of the goal will hold next; 0 is off.",
        "factor",
        0,
        100,
        source="OEL Team 2021",
    )
    predict_weight: float = setting(
        0.0,
        "Weight of predicting where a demonstrator will be seen next, or what it will show; 0 is off.",
        "factor",
        0,
        100,
        source="Bhoopchand 2023",
    )
    infer_weight: float = setting(
        0.0,
        "Weight at birth of imitating what elders are seen to do, their actions inferred; 0 is off.",
        "factor",
        0,
        100,
        source="Torabi 2018",
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
    normalise_values: bool = setting(
        False,
        "Values are learned in units of the spread of returns, whatever their scale.",
        source="van Hasselt 2016",
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
        "Sequence families: the penalty of a mistake grows from 0 to its value.",
        "share of the experiment",
        0,
        1,
    )
    demonstrator: str = setting(
        "oracle",
        "episodic: whom members see while they learn to learn: the oracle, noise, or nobody (alone).",
        choices=("oracle", "noise", "alone"),
    )
    first_generation: str = setting(
        "noise",
        "Whom generation 0 sees: noise, nobody (alone) or the oracle.",
        choices=("noise", "alone", "oracle"),
    )
    single_lifetime: bool = setting(
        True, "Also train one long lifetime of equal experience, to compare with."
    )
    placebo: bool = setting(
        False, "Also measure how generations fare among elders who know nothing of their tasks."
    )
    isolated: bool = setting(
        False, "episodic: also measure how the same members fare when nobody is shown."
    )
    untaught: bool = setting(
        False, "Also train as many members, or generations, to whom nobody is ever shown."
    )
    inherit: bool = setting(
        False, "train_time: also train generations with the best one's weights and nobody shown."
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
    curriculum: bool = setting(
        True, "Keep every proposal of the creator and what became of it: the table curriculum."
    )


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
    sequence: Sequence = Sequence()
    playground: Playground = Playground()
    bring_your_own: BringYourOwn = BringYourOwn()
    population: Population = Population()
    mixture: Mixture = Mixture()
    learner: Learner = Learner()
    creator: Creator = Creator()
    culture: Culture = Culture()
    transmission: Transmission = Transmission()
    evaluation: Evaluation = Evaluation()
    pbt: PopulationTraining = PopulationTraining()
    run: Run = Run()
    ray: Ray = Ray()
