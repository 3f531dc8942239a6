"""Every setting of the worlds of an experiment, as those of `schema.py`."""

from dataclasses import dataclass

from configs.setting import setting


@dataclass(frozen=True)
class World:
    """The world, and what every task in it has in common."""

    name: str = setting(
        "goal_sequence",
        "Family of worlds; bring_your_own is any environment of PettingZoo.",
        choices=(
            *("goal_sequence", "memory_sequence", "travelling_salesperson"),
            *("playground", "bring_your_own"),
        ),
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
        "Sequence families: loss for a mistake, as a goal touched out of order.",
        "reward",
        0,
        1,
        source="Cook 2024",
    )


@dataclass(frozen=True)
class Sequence:
    """What memory_sequence and travelling_salesperson have in common beyond `world`."""

    symbols: int = setting(
        3,
        "Different digits of a sequence, 2..10; cities of a tour, 4..24.",
        "symbols",
        2,
        24,
        source="Cook 2024",
    )
    length: int = setting(
        24, "memory_sequence: places of a sequence.", "places", 1, 64, source="Cook 2024"
    )
    demonstrators: int = setting(
        3, "Agents that comment on the place now due.", "agents", 0, 8, source="Cook 2024"
    )
    end_on_mistake: bool = setting(
        True, "memory_sequence: a mistake ends the trial.", source="Cook 2024"
    )
    observe_clock: bool = setting(False, "train_time: agents see the number of the place now due.")


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
    shared_goal: int = setting(
        0,
        "Tasks in which all agents want the same, each with things of its own.",
        "percent",
        0,
        100,
    )
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
    hide_from_young: int = setting(
        0, "Tasks whose rules all may read but agent_0, the young.", "percent", 0, 100
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
class BringYourOwn:
    """A PettingZoo environment in place of a family of our own."""

    env: str = setting("", "Its id in PettingZoo's registry, as sisl/pursuit-v5.")
    options: str = setting("", "Its own arguments, a JSON object.")
    reward_scale: float = setting(
        1.0,
        "What its rewards are multiplied by, to lie within 32.767.",
        "factor",
        0,
        1e6,
        open=True,
    )
    bound: float = setting(
        0.0,
        "Observed numbers are cut beyond; 0: beyond the space's own bounds, 10 where it has none.",
        "size of a number",
        0,
        1e6,
    )
