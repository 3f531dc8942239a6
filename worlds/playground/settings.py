"""The settings of a task space: how large its tasks are, and how they are drawn."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from functools import cached_property
from typing import Any, TypeVar

from worlds.family import TaskError
from worlds.playground.constants import (
    COLOURS,
    FLOORS,
    LARGEST,
    REWARD_MODES,
    SHAPES,
    SMALLEST,
    TRIAL_ENDS,
    Sizes,
    kind,
)
from worlds.playground.making.chains import ChainSettings
from worlds.playground.making.games import GameSettings, check_range
from worlds.playground.making.place import PlaceSettings
from worlds.playground.making.terrain import TerrainSettings, check, check_all

PRESENCE = ("all", "elder_leaves", "random")
# What a mutation may do to a task; `mutate.EDITS` says how.
EDIT_NAMES = (
    *("terrain_window", "paint_floor"),
    *("move_object", "add_object", "remove_object", "change_kind", "turn_slab", "toggle_anchor"),
    *("move_agent", "swap_agents", "change_gadget"),
    *("atom_add", "atom_drop", "atom_negate", "atom_replace"),
    *("option_add", "option_drop", "swap_goals"),
    *("rule_add", "rule_drop", "rule_product", "hide", "unhide"),
    *("presence", "trials", "trial_length"),
)
# Those that leave goals, rules and everybody's things as they are.
LEVEL_EDITS = (
    "terrain_window",
    "paint_floor",
    "move_object",
    "turn_slab",
    "move_agent",
    "swap_agents",
)
_LONGEST = 10_000  # steps of a trial

Part = TypeVar("Part", TerrainSettings, PlaceSettings, GameSettings, ChainSettings)


@dataclass(frozen=True)
class SpaceSettings:
    """What the tasks of a space have in common. Percents are whole, pairs are least and most.

    Raises `TaskError` for a value that is not allowed; a list is taken as a tuple.
    """

    # Room
    height: int = 16  # cells
    width: int = 16  # cells
    agents: int = 2  # bodies of every task
    view: int = 9  # cells a side, odd
    slots: int = 16  # of objects, at the start or made by rules
    atoms: int = 16
    options: int = 6  # of one agent
    rules: int = 8
    # Episodes
    trials: int = 1
    trial_length: int = 100  # steps
    reward_mode: str = "state"  # or first, flip
    trial_end: str = "time"  # or any_goal, all_goals
    presence: str = "all"  # elder_leaves: agent 1 stays away from a drawn trial on; or random
    # Levels
    height_weights: tuple[int, ...] = (20, 16, 10, 4)  # of flat tiles by height
    ramp_percent: int = 50  # weight of a ramp in percent of the rarer of its two heights
    smooth: int = 6  # factor of a tile's weight for each neighbour of the same tile
    cliff: int = 2  # the highest step between flat cells
    patches: int = 2  # painted rectangles of each floor colour
    floors: int = 2  # floor colours in use
    min_connected: int = 50  # percent of all cells that lie in the main part, at least
    outside: int = 0  # percent of loose objects that are put where no way leads back from
    objects: tuple[int, int] = (6, 10)  # at the start, if rules need no more and slots are enough
    shapes: tuple[int, ...] = (2, 3, 3, 3)  # weights of slabs, cubes, spheres, pyramids
    colours: int = 3  # object colours in use
    anchors: int = 10  # percent of the objects that no rule needs
    freeze: int = 20  # percent of agents with that gadget
    tag: int = 20  # percent
    # Games: see GameSettings
    predicates: tuple[int, ...] = (3, 2, 3, 2, 3)  # weights of near, touch, hold, see, on
    game_atoms: tuple[int, int] = (2, 6)  # different atoms in all goals together
    goal_options: tuple[int, int] = (1, 3)  # of one agent
    option_atoms: tuple[int, int] = (1, 3)
    negate: int = 30  # percent of atoms that must not hold
    shared_goal: int = (
        0  # percent of tasks in which all agents want the same, with things of their own
    )
    competitiveness: tuple[int, int] = (0, 100)  # percent, drawn for each game
    balance: tuple[int, int] = (0, 100)  # percent; other ranges cost milliseconds a game
    # Rules: see ChainSettings
    depth: tuple[int, int] = (0, 2)  # rules that must fire before a goal can hold
    rule_predicates: tuple[int, ...] = (3, 2, 2, 1, 1)  # weights of near, touch, hold, see, on
    dead_ends: tuple[int, int] = (0, 1)  # rules that lead nowhere
    distractors: tuple[int, int] = (0, 2)  # objects for the dead ends
    hide_rules: int = 0  # percent, for each agent and rule
    hide_kinds: int = 0  # percent, for each agent and kind in the rules
    hide_predicates: int = 0  # percent, for each agent and predicate in the rules
    hide_from_young: int = 0  # percent of tasks whose rules all may read but agent 0
    # How tasks may be mutated. Without trials and trial_length, all tasks last equally long.
    edits: tuple[str, ...] = EDIT_NAMES[:-2]

    @classmethod
    def of(cls, found: dict[str, Any]) -> "SpaceSettings":
        """The settings with these names and values; an unknown name raises `TaskError`, too."""
        names = [field.name for field in fields(cls)]
        for name, value in found.items():
            if name not in names:
                near = get_close_matches(name, names, n=3) or names
                raise TaskError(name, value, f"are the settings {', '.join(near)}")
        return cls(**found)

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), list):
                object.__setattr__(self, field.name, tuple(value))
        self._check_room()
        self._check_names()
        for name in ("anchors", "freeze", "shared_goal", "hide_from_young"):
            check(name, getattr(self, name), 0, 100)
        check("tag", self.tag, 0, 100 - self.freeze)
        check("colours", self.colours, 1, len(COLOURS))
        check("floors", self.floors, 0, len(FLOORS))
        check_range("objects", self.objects, 1, LARGEST.objects)
        check_all("shapes", self.shapes, len(SHAPES), len(SHAPES), 100)
        if not any(self.shapes):
            raise TaskError("shapes", self.shapes, "is at least one weight above 0")
        if self.presence == "elder_leaves" and (self.agents < 2 or self.trials < 2):
            raise TaskError("presence", self.presence, "is all unless agents and trials are many")
        _ = self.terrain, self.place, self.games, self.chains  # they check what is theirs
        check("goal_options[1]", self.goal_options[1], 1, self.options)
        rules = self.depth[1] + self.dead_ends[1]
        check("depth[1] + dead_ends[1]", rules, 0, self.rules)
        check("game_atoms[1] + depth[1] + dead_ends[1]", self.game_atoms[1] + rules, 0, self.atoms)
        if self.shared_goal:
            atoms = self.agents * self.game_atoms[1] + rules
            check("agents x game_atoms[1] + depth[1] + dead_ends[1]", atoms, 0, self.atoms)

    def _check_room(self) -> None:
        for name, least, most in zip(Sizes._fields, SMALLEST, LARGEST, strict=True):
            if name != "goal_atoms":
                own = "slots" if name == "objects" else name
                check(own, getattr(self, own), least, most)
        if self.view % 2 == 0:
            raise TaskError("view", self.view, "are odd numbers")
        check("trial_length", self.trial_length, 2, _LONGEST)

    def _check_names(self) -> None:
        _check_name("reward_mode", self.reward_mode, REWARD_MODES)
        _check_name("trial_end", self.trial_end, TRIAL_ENDS)
        _check_name("presence", self.presence, PRESENCE)
        if not isinstance(self.edits, tuple) or not self.edits:
            raise TaskError("edits", self.edits, f"are some of {', '.join(EDIT_NAMES)}")
        for index, name in enumerate(self.edits):
            _check_name(f"edits[{index}]", name, EDIT_NAMES)

    @cached_property
    def sizes(self) -> Sizes:
        """The room of the arrays."""
        return Sizes(
            height=self.height,
            width=self.width,
            agents=self.agents,
            objects=self.slots,
            atoms=self.atoms,
            options=self.options,
            rules=self.rules,
            trials=self.trials,
            view=self.view,
        )

    @cached_property
    def kinds(self) -> tuple[int, ...]:
        """The kinds in use."""
        shapes = [shape for shape, weight in enumerate(self.shapes) if weight]
        return tuple(kind(shape, colour) for shape in shapes for colour in range(self.colours))

    @cached_property
    def terrain(self) -> TerrainSettings:
        """How terrain is drawn."""
        colours = tuple(range(self.floors))
        return self._part(TerrainSettings, {"weights": "height_weights"}, colours=colours)

    @cached_property
    def place(self) -> PlaceSettings:
        """How things are placed."""
        return self._part(PlaceSettings, {"objects": "slots"})

    @cached_property
    def games(self) -> GameSettings:
        """How goals are drawn."""
        return self._part(GameSettings, {"atoms": "game_atoms", "options": "goal_options"})

    @cached_property
    def chains(self) -> ChainSettings:
        """How rules are drawn."""
        return self._part(ChainSettings, {"predicates": "rule_predicates"}, kinds=self.kinds)

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON knows them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    def _part(self, part: type[Part], renamed: dict[str, str], **more: Any) -> Part:
        """The part's settings, from those of the same name here or a renamed one."""
        names = {
            field.name: renamed.get(field.name, field.name)
            for field in fields(part)
            if field.name not in more and hasattr(self, renamed.get(field.name, field.name))
        }
        try:
            return part(**{name: getattr(self, own) for name, own in names.items()}, **more)
        except TaskError as error:
            name, bracket, rest = error.field.partition("[")
            field = names.get(name, name) + bracket + rest
            raise TaskError(field, error.found, error.allowed) from None


def _check_name(field: str, found: Any, known: Sequence[str]) -> None:
    if not isinstance(found, str) or found not in known:
        raise TaskError(field, found, f"are {', '.join(known)}")
