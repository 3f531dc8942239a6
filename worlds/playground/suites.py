"""The hand-authored probes: tasks that no creator may propose, each with scripts that solve it."""

from difflib import get_close_matches
from functools import cache
from importlib import resources

from worlds.family import TaskError
from worlds.playground.constants import Sizes
from worlds.playground.making.game_identity import game_digest
from worlds.playground.probe_file import GAME, Probe, Script, own_sizes, read_probe
from worlds.playground.task import Task, digest, fit, goals_of, rules_of

_FOLDER = resources.files("worlds.playground") / "probes"
_ENDING = ".yaml"


@cache
def probe_names() -> tuple[str, ...]:
    """The names of all probes, sorted."""
    files = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING)))


def probe(name: str, sizes: Sizes | None = None) -> Task:
    """The task of a probe in arrays of these sizes, or no larger than it needs.

    Raises ValueError for an unknown name and `TaskError` where the sizes have no room for it.
    """
    task = _read(name).task
    return task if sizes is None else fit(task, sizes)


def settings_for(task: Task) -> dict[str, int]:
    """The settings of a family that has room for just this task, as for a probe that is played alone."""
    need, room = own_sizes(task), Sizes()
    return {
        "height": need.height,
        "width": need.width,
        "agents": task.bodies,
        "trials": task.trials,
        "trial_length": task.trial_length,
        "slots": max(need.objects, room.objects),
        "atoms": max(need.atoms, room.atoms),
        "options": max(need.options, room.options),
        "rules": max(need.rules, room.rules),
    }


def probe_about(name: str) -> str:
    """What a probe tests, in a sentence or two."""
    return _read(name).about


def probe_scripts(name: str) -> tuple[Script, ...]:
    """Scripts that together show that every agent of a probe can reach its goal."""
    return _read(name).scripts


@cache
def held_out_digests() -> frozenset[str]:
    """The digests of all probes."""
    return frozenset(digest(probe(name)) for name in probe_names())


@cache
def held_out_games() -> frozenset[str]:
    """The game digests of the probes whose goals and rules are held out in every level."""
    held = [probe(name) for name in probe_names() if _read(name).held_out == GAME]
    return frozenset(game_digest(goals_of(task), rules_of(task)) for task in held)


@cache
def _read(name: str) -> Probe:
    names = probe_names()
    if name not in names:
        near = get_close_matches(str(name)[:100], names, n=3)
        raise TaskError("probe", name, f"are {', '.join(near or names)}")
    return read_probe((_FOLDER / f"{name}{_ENDING}").read_bytes(), f"{name}{_ENDING}")
