"""What an experiment will take, before it is run: steps, sizes, time, disk."""

import os
import shutil
from typing import Any

from configs.limits import MIB
from configs.load import to_yaml
from configs.schema import Settings

# Agent-steps learned per second and process, order of magnitude: the quickstart's 4.8 million took
# 200 s of two workers on two idle cores.
STEPS_PER_SECOND = 12_000


def plan(settings: Settings) -> dict[str, Any]:
    """Facts about a run of `settings`, ready for JSON. Writes nothing."""
    culture, population = settings.culture, settings.population
    lifetimes = culture.generations if culture.mode == "train_time" else 1
    classes = 2 if culture.single_lifetime else 1
    learned = population.members * culture.steps * lifetimes * classes
    processes = max(1, min(settings.workers, population.members * classes))
    folder = settings.run.dir or "."
    while not os.path.exists(folder):
        folder = os.path.dirname(os.path.abspath(folder))
    return {
        "generations": culture.generations,
        "members": population.members,
        "agent_steps_per_member": culture.steps,
        "agent_steps_learned": learned,
        "held_out_episodes": (
            culture.generations
            * population.members
            * settings.evaluation.tasks
            * settings.evaluation.episodes
        ),
        "processes": processes,
        "estimated_seconds": round(learned / (STEPS_PER_SECOND * processes)),
        "free_bytes": shutil.disk_usage(folder).free,
    }


def lines(settings: Settings, facts: dict[str, Any]) -> str:
    """The resolved settings and the facts, for people."""
    processes = "1 process" if facts["processes"] == 1 else f"{facts['processes']} processes"
    return (
        f"{to_yaml(settings, comments=False)}\n"
        f"{facts['generations']} generations of {facts['members']} members, "
        f"{facts['agent_steps_per_member']:,} agent-steps each; "
        f"{facts['agent_steps_learned']:,} learned in all\n"
        f"{facts['held_out_episodes']:,} episodes on held-out tasks\n"
        f"about {facts['estimated_seconds'] / 60:.1f} min on {processes} "
        "(a rough estimate)\n"
        f"{facts['free_bytes'] / MIB / 1024:.1f} GiB free\n"
        "nothing was written"
    )
