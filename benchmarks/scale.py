"""What 500 members take of a cluster: real units and a real pool measured here, then a simulated iteration.

    python benchmarks/scale.py [--json] [--quick] [--members 500]

Measured on this machine: a unit of play and one of learning in the playground, the bytes of all that
travels, and the driver's CPU for each message and byte, with tiny and with large members on two real
workers. From these `benchmarks/cluster.py` plays an iteration with the real manager on a simulated
clock: nodes of 16 workers with 10 Gbit/s each. Of the simulated rows, the value is for islands of 32
members and the baseline for a population in which everybody meets everybody, both with one driver;
the last rows give each island a driver and a node of its own. See docs/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.cluster import NODE, Costs, Found, Shape, simulate, total  # noqa: E402
from benchmarks.harness import Row, document, show  # noqa: E402
from configs.load import load  # noqa: E402
from configs.rules import BLOCK  # noqa: E402
from configs.schema import Learner  # noqa: E402
from culture.setting import common  # noqa: E402
from populations import units  # noqa: E402
from populations.member import born  # noqa: E402
from populations.rollout import Ticket  # noqa: E402
from populations.units import Learn, Learned, Roll, Unit  # noqa: E402
from populations.workers import OnRay, Pool  # noqa: E402
from worlds import rng  # noqa: E402
from worlds.from_settings import family_of  # noqa: E402

BLOCKS, AGENTS, STEPS = 4, 2, 64  # of a ticket: blocks of 32 worlds, and of preset playground
LEARNER = Learner(hidden=128, epochs=2)  # the yardstick of specs/populations.md, section 4
ISLAND = 32  # members
REAL = 250  # tiny members on the real pool
WORKERS = (8, 64, 256)
TICKS = os.sysconf("SC_CLK_TCK")  # per second, the unit of /proc/PID/stat
GPU = 40.0  # learning on one GPU against one core: assumed, not measured


def main() -> None:
    """Prints a table, or one JSON document with --json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--quick", action="store_true", help="64 members, one repeat: does it work?"
    )
    parser.add_argument("--members", type=int, default=500)
    options = parser.parse_args()
    members, real, repeats = (64, 64, 1) if options.quick else (options.members, REAL, 5)
    unit_rows, costs = unit_costs(repeats)
    pool_rows, costs = pool_costs(costs, real, min(repeats, 3))
    rows = [*unit_rows, *pool_rows, *simulated(costs, members), *gpu_plan(costs, members)]
    if options.json:
        print(json.dumps(document("scale", rows), indent=2))
    else:
        show("scale", rows)


def unit_costs(repeats: int) -> tuple[list[Row], Costs]:
    """Real units of the playground: CPU-seconds, and bytes as they travel."""
    setup = Setup("playground", LEARNER, BLOCKS * BLOCK)
    play, learn = setup.play(0), setup.learn(0)
    roll_seconds, (played, parts) = timed(lambda: units.perform(play), repeats)
    learn_seconds, (learned, _) = timed(lambda: units.perform(learn, parts), repeats)
    lanes = BLOCKS * setup.family.num_agents  # blocks of lanes: the member fills all seats
    costs = Costs(
        roll=roll_seconds,
        learn_block=learn_seconds / lanes,
        call=0.0,  # both follow from the real pool
        byte=0.0,
        ticket=size(replace(play, weights=())),
        weights=size(setup.member.weights),
        member=max(size(learn), size(learned)),
        outcome=size(played),
        block=size(parts[0]) // lanes,
    )
    steps = parts[0].actions.size
    rows = [
        Row("unit of play, 128 worlds", roll_seconds, "CPU-seconds", repeats=repeats),
        Row("unit of learning, 256 lanes", learn_seconds, "CPU-seconds", repeats=repeats),
        Row("ticket", costs.ticket / 1e3, "kB", repeats=1),
        Row("weights of a member", costs.weights / 1e3, "kB", repeats=1),
        Row("member with its optimiser", costs.member / 1e3, "kB", repeats=1),
        Row("trajectory", size(parts[0]) / steps, "bytes/agent-step", repeats=1),
    ]
    return rows, costs


def pool_costs(costs: Costs, members: int, repeats: int) -> tuple[list[Row], Costs]:
    """Two real workers: what the driver spends on a message and on a byte, on members small and large."""
    with tempfile.TemporaryDirectory(prefix="rb", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder  # of Ray's files
        os.environ["PYTHONPATH"] = str(ROOT)
        with closing(OnRay(2)) as backend:
            while len(backend.workers()) < 2:
                backend.events()
            small = driven(backend, Setup("debug", Learner(hidden=16), BLOCK))
            large = driven(backend, Setup("debug", Learner(hidden=256), BLOCK))
            small(8, 1)  # everything is loaded and compiled now
            many, big = small(members, repeats), large(min(members, 64), repeats)
        tempfile.tempdir = None
    byte = (big.seconds - many.seconds) / (big.bytes - many.bytes)
    costs = replace(costs, call=many.seconds - byte * many.bytes, byte=byte)
    rows = [
        Row(
            f"driver of {members} tiny members",
            many.share,
            "share of CPU",
            repeats=repeats,
        ),
        Row("driver, a tiny unit", 1e3 * many.seconds, "ms", repeats=repeats),
        Row("driver, a megabyte", 1e9 * byte, "ms", repeats=repeats),
    ]
    return rows, costs


@dataclass(frozen=True)
class Driven:
    """What the driver spent on a unit."""

    seconds: float  # of CPU
    bytes: float  # sent and received
    share: float  # of its CPU in that of driver and workers


def driven(backend: OnRay, setup: Setup) -> Callable[[int, int], Driven]:
    """-> medians over iterations of so many members, as (members, repeats)."""

    def play(members: int, repeats: int) -> Driven:
        batch: list[Unit] = [setup.play(index) for index in range(members)]
        batch += [setup.learn(index) for index in range(members)]
        count, pool = len(batch), Pool(backend)
        spent, shares = [], []
        for _ in range(repeats):
            before, workers = time.process_time(), cpu_seconds(backend.processes())
            learned = pool.perform(batch)[-1]
            assert isinstance(learned, Learned)
            own = time.process_time() - before
            theirs = cpu_seconds(backend.processes()) - workers
            spent.append(own / count)
            shares.append(own / (own + theirs))
        there = size(replace(batch[0], weights=())) + size(batch[0].weights[0]) + size(batch[-1])
        back = size(learned)
        return Driven(statistics.median(spent), (there + back) / 2, statistics.median(shares))

    return play


def simulated(costs: Costs, members: int) -> list[Row]:
    """Iterations of islands against everybody together, and of islands with drivers of their own."""
    rows = []
    for workers in WORKERS:
        everybody = simulate(Shape(members, BLOCKS), workers, costs)
        islands = simulate(Shape(members, BLOCKS, island=ISLAND), workers, costs)
        rows += compared(f"{workers} workers", islands, everybody)
        if workers == WORKERS[-1]:
            count = workers // NODE
            parts = [
                simulate(Shape(len(group), BLOCKS), NODE, costs, seed)
                for seed, group in enumerate(np.array_split(np.arange(members), count))
            ]
            rows += compared(f"{count} x {NODE} workers", total(parts), everybody)
    return rows


def compared(name: str, one: Found, other: Found) -> list[Row]:
    """Rows about two simulated iterations."""
    told: list[tuple[str, str, Callable[[Found], float]]] = [
        ("iteration", "s (simulated)", lambda found: found.seconds),
        ("efficiency", "share of workers' time", lambda found: found.efficiency),
        ("driver", "share of its time", lambda found: found.driver / found.seconds),
        ("messages", "an iteration", lambda found: found.messages),
        ("driver sends, receives", "MB", lambda found: (found.sent + found.received) / 1e6),
        ("weights to nodes", "MB", lambda found: found.fetched / 1e6),
        ("trajectories moved", "MB", lambda found: found.moved / 1e6),
        (
            "learned where made",
            "share of bytes",
            lambda found: found.stayed / (found.moved + found.stayed),
        ),
        ("held by a node", "MB at most", lambda found: found.held / 1e6),
    ]
    rows = []
    for what, unit, value in told:
        ours, base = value(one), value(other)
        rows.append(Row(f"{name}: {what}", ours, unit, base, ours / base if base else None, 0.0, 1))
    return rows


def gpu_plan(costs: Costs, members: int) -> list[Row]:
    """If learning went to GPUs and play stayed on cores: what must travel, and how many of each balance."""
    blocks = BLOCKS * AGENTS
    learn, play = members * blocks * costs.learn_block, members * costs.roll
    cores = WORKERS[-1]
    steps = members * blocks * BLOCK * STEPS
    return [
        Row("GPU plan: a GPU (assumed)", GPU, "cores", repeats=1),
        Row("GPU plan: an iteration", steps / 1e6, "million agent-steps", repeats=1),
        Row("GPU plan: play for a GPU", GPU * play / learn, "cores", repeats=1),
        Row(f"GPU plan: GPUs for {cores} cores", learn / play * cores / GPU, "GPUs", repeats=1),
        Row(
            "GPU plan: trajectories",
            members * blocks * costs.block / 1e6 / (play / cores),
            "MB/s in all",
            repeats=1,
        ),
        Row(
            "GPU plan: members and optimisers",
            members * costs.member / 1e6,
            "MB",
            repeats=1,
        ),
    ]


class Setup:
    """Units of a member in the worlds of a preset, where it fills all seats."""

    def __init__(self, preset: str, learner: Learner, worlds: int) -> None:
        settings = load(preset, [])
        self.family = family_of(settings, settings.world.trials)
        about = common("", self.family, learner)
        self.about = (about["world"], about["world_settings"], learner)
        self.worlds = worlds
        self.member = born("member", self.family, learner, rng.key("scale"))

    def play(self, number: int) -> Roll:
        ticket = Ticket(
            key=rng.key("scale", number),
            rows=self.family.space.sample(rng.key("rows", number), self.worlds),
            roster=np.zeros((self.worlds, self.family.num_agents), np.int16),
            visibility=np.ones(self.family.trials),
            learning=(0,),
        )
        # A copy, as every member of a real population has weights of its own.
        return Roll(f"play {number}", *self.about, (self.member.weights.copy(),), ticket)

    def learn(self, number: int) -> Learn:
        return Learn(
            f"learn {number}",
            *self.about,
            (),
            member=self.member,
            needs=((number, 0),),
            learning_rate=1e-3,
            seed=number,
        )


def timed(call: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median CPU-seconds after a first call, and what came of it."""
    made, times = call(), []
    for _ in range(repeats):
        before = time.process_time()
        made = call()
        times.append(time.process_time() - before)
    return statistics.median(times), made


def size(thing: Any) -> int:
    """Bytes as it travels between processes."""
    return len(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))


def cpu_seconds(processes: Sequence[int]) -> float:
    """CPU time of these processes so far."""
    texts = [Path(f"/proc/{process}/stat").read_text() for process in processes]
    fields = [text.rpartition(")")[2].split() for text in texts]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


if __name__ == "__main__":
    main()
