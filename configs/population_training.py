"""The settings of population-based training: a section of the schema."""

from dataclasses import dataclass

from configs.setting import setting


@dataclass(frozen=True)
class PopulationTraining:
    """Population-based training: worse members go on as mutated copies of better ones."""

    check_every: int = setting(
        0,
        "What a member lives from one comparison to the next; 0: no such training.",
        "agent-steps",
        0,
        10**12,
        source="OEL Team 2021",
    )
    warm_up: int = setting(
        2_000_000,
        "What a member lives before the first comparison.",
        "agent-steps",
        0,
        10**12,
        source="OEL Team 2021",
    )
    rest: int = setting(
        1_000_000,
        "What a copy lives before it may be replaced again.",
        "agent-steps",
        0,
        10**12,
        source="OEL Team 2021",
    )
    margin: float = setting(
        0.02,
        "What a parent is better by, beyond noise.",
        "share of the best return known",
        0,
        1,
        source="OEL Team 2021",
    )
    spread: float = setting(
        1.0,
        "How far learners differ at birth in learning rate, entropy weight, clip and horizon: each is "
        "the learner's times 1/spread..spread; 1: all alike.",
        "factor",
        1,
        1000,
        source="Jaderberg 2017",
    )
    creators: bool = setting(
        False,
        "Whether each member has a creator of its own, whose settings are spread and mutated too: of "
        "plr temperature, staleness and replay, of eva the evolved part.",
        source="OEL Team 2021",
    )
