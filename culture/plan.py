"""What an experiment will take, before it is run: its folder, steps, sizes, time, disk."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from configs.control_rules import trained
from configs.limits import MIB
from configs.load import Loaded, to_yaml
from configs.rules import ALL_LEARN, rosters_of
from configs.schema import Settings
from culture import lock
from worlds.from_settings import family_of

# Agent-steps learned per second and process, order of magnitude: the quickstart's 4.8 million took
# 116 s of two workers on two idle cores.
STEPS_PER_SECOND = 20_000
# MiB of a worker that has loaded all libraries, measured; then bytes for each byte of trajectory and
# each float32 of a minibatch's activations, fitted to peaks between 0.2 and 64 MiB of trajectory.
LIBRARIES, COPIES, LAYERS = 600, 11, 8
STEP = 22  # bytes of a trajectory for an agent-step, besides what was observed


def folder_of(loaded: Loaded, configs: Sequence[str]) -> Path:
    """Where the run goes: `run.dir`, else a new folder `runs/DATE_CONFIG_sSEED`, with `-2` … if it exists.

    Of several configurations CONFIG is their names, joined by `_`.

    A relative `run.dir` belongs to the caller's folder if it was typed, to that of the file if it
    stands in one. Raises RunError for what is no local folder.
    """
    settings = loaded.settings
    if settings.run.dir:
        return loaded.folder / lock.local(settings.run.dir)
    day = datetime.now().strftime("%Y-%m-%d")
    name = "_".join([day, *(Path(config).stem for config in configs), f"s{settings.seed}"])
    folder, number = Path("runs") / name, 2
    while folder.exists():
        folder, number = Path("runs") / f"{name}-{number}", number + 1
    return folder


def plan(settings: Settings, folder: Path) -> dict[str, Any]:
    """Facts about a run of `settings` in `folder`, ready for JSON. Writes nothing."""
    culture, members = settings.culture, settings.population.members
    lone = members if culture.single_lifetime else 0
    episodic = culture.mode == "episodic"
    # All meta-training is in generation 0 of an episodic experiment, and so is all that lone
    # learners do; else they live as long as all generations and are measured with each.
    lifetimes = 1 if episodic else culture.generations
    controls = members * len(trained(settings))
    later = 1 if episodic else culture.generations - 1  # controls begin with the second one
    measured = members * culture.generations + lone * lifetimes + controls * later
    learned = ((members + lone) * lifetimes + controls * later) * culture.steps
    processes = max(1, min(settings.workers, members + lone))
    return {
        "run": str(folder),
        "generations": culture.generations,
        "members": members,
        "agent_steps_per_member": culture.steps,
        "agent_steps_learned": learned,
        "held_out_episodes": measured * settings.evaluation.tasks * settings.evaluation.episodes,
        "processes": processes,
        "estimated_worker_mib": worker_mib(settings),
        "estimated_seconds": round(learned / (STEPS_PER_SECOND * processes)),
        "free_bytes": shutil.disk_usage(lock.nearest(folder)).free,
    }


def lines(settings: Settings, facts: dict[str, Any]) -> str:
    """The resolved settings and the facts, for people."""
    return (
        f"{to_yaml(settings, comments=False)}\n"
        f"{counted(facts['generations'], 'generation')} of {counted(facts['members'], 'member')}, "
        f"{facts['agent_steps_per_member']:,} agent-steps each; "
        f"{facts['agent_steps_learned']:,} learned in all\n"
        f"{facts['held_out_episodes']:,} episodes on held-out tasks\n"
        f"about {facts['estimated_seconds'] / 60:.1f} min on "
        f"{counted(facts['processes'], 'process', 'processes')}, "
        f"{facts['estimated_worker_mib']:,} MiB each (rough estimates)\n"
        f"run: {facts['run']}, {facts['free_bytes'] / MIB / 1024:.1f} GiB free\n"
        "nothing was written"
    )


def worker_mib(settings: Settings) -> int:
    """What one process holds at most while a member learns, in MiB; a rough estimate."""
    family = family_of(settings, settings.world.trials)
    seats = family.num_agents if {*rosters_of(settings)} & {*ALL_LEARN} else 1
    steps = settings.population.worlds * seats * family.horizon
    trajectory = steps * (family.observation_size + STEP)
    activations = 4 * steps // settings.learner.minibatches * settings.learner.hidden
    return LIBRARIES + (COPIES * trajectory + LAYERS * activations) // MIB


def counted(number: int, one: str, many: str = "") -> str:
    """`1 member`, `2 members`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
