"""Every setting of the channels by which knowledge passes on besides watching, as those of `schema.py`."""

from dataclasses import dataclass

from configs.setting import setting


@dataclass(frozen=True)
class Transmission:
    """What passes from elders to young besides the sight of them; a weight of 0 is no such channel."""

    # Two more are weighed in section learner: they need heads of their own in the network.

    distil: float = setting(
        0.0,
        "Weight of imitating the elders at birth: acting as they would where the young are.",
        "factor",
        0,
        100,
        source="Schmitt 2018",
    )
    clone: float = setting(
        0.0,
        "Weight at birth of doing what elders did in recordings of them.",
        "factor",
        0,
        100,
        source="Pomerleau 1991",
    )
    replay: float = setting(
        0.0,
        "Worlds in which recordings of elders are watched instead of elders; at least one block of 32.",
        "share",
        0,
        1,
        source="Cook 2024",
    )
    recordings: int = setting(
        32,
        "Episodes recorded of elders when a generation begins; a multiple of 32.",
        "episodes",
        32,
        4096,
    )
    shaping: float = setting(
        0.0,
        "Reward at birth for coming from out of sight to where a demonstrator stands.",
        "reward",
        0,
        100,
        source="Ng 1999",
    )
    epochs: int = setting(10, "Passes over each rollout while imitating.", "passes", 1, 64)
    until: float = setting(
        0.25,
        "When imitation and shaping have faded out.",
        "share of a lifetime",
        0,
        1,
        open=True,
    )
    fade: str = setting(
        "blank",
        "How elders fade: ever less is seen of them (blank), or they leave earlier in each trial, on "
        "the playground (presence).",
        choices=("blank", "presence"),
        source="Cook 2024",
    )
    heirlooms: bool = setting(
        True,
        "Episodic: elders have the memory that was handed on at each trial's start, not only at the "
        "episode's.",
    )
