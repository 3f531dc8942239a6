"""How fast members learn, end to end: a population on Ray workers against a plain loop and against RLlib as it comes.

    python benchmarks/training.py [--json] [--quick] [--hidden 64] [--steps 20] [--repeats 5]

Everything learns goal_sequence, in agent-steps learned from per CPU-second of all processes: driver,
workers and Ray's daemons. Each contestant lives in processes of its own and works in turn with the
others; rows hold medians over the turns after one to warm up. All agents learn: in the population each
world is shared by two of its members, in the plain loop and in stock RLlib a policy fills both seats.
The plain loop is two processes at once, as many as the population has workers, for one alone would
flatter it. `64 members vs 4` is the cost of an agent-step in a larger population of the same kind.
`ray and driver` is the share of CPU that is spent outside of the workers. `rollout` is play alone, without
learning, against the same through PettingZoo with one world at a time. Needs Linux, whose /proc tells CPU times.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.contestants import CONTESTANTS, serve  # noqa: E402
from benchmarks.harness import Row, document, show  # noqa: E402
from configs.load import load  # noqa: E402

WORKERS = 2  # of the population, and processes of the plain loop
PATIENCE = 60  # seconds for a contestant to close its Ray
TICKS = os.sysconf("SC_CLK_TCK")  # per second, the unit of /proc/PID/stat
LEARNED = "agent-steps learned from/CPU-second"
PLAYED = "agent-steps/CPU-second"
QUIET_RAY = {
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
    "RAY_AUTH_MODE": "token",
    "RAY_BACKEND_LOG_LEVEL": "error",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
}
LIBRARIES = ("numpy", "numba", "torch", "ray", "pettingzoo")


@dataclass(frozen=True)
class Contest:
    """A row: who does what how often in a turn, ours and the baseline, each (contestant, work, times)."""

    name: str
    unit: str
    ours: tuple[str, str, int]
    baseline: tuple[str, str, int]


@dataclass(frozen=True)
class Spread(Row):
    """A row that says how much its ratio varied from turn to turn."""

    ratio_low: float = 0.0
    ratio_high: float = 0.0


EIGHT = ("stock", "8", 2)
MANY = 64  # members of the larger population
CONTESTS = (
    Contest("population vs plain loop", LEARNED, ("population", "learn", 3), ("plain", "learn", 3)),
    Contest("population vs stock rllib", LEARNED, ("population", "learn", 3), ("stock", "1", 1)),
    Contest("population vs stock rllib 8 worlds", LEARNED, ("population", "learn", 3), EIGHT),
    Contest(f"{MANY} members vs 4", LEARNED, ("many", "learn", 1), ("population", "learn", 3)),
    Contest("rollout", PLAYED, ("plain", "roll", 10), ("plain", "one world at a time", 100)),
)


def main() -> None:
    """Prints a table, or one JSON document with --json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="32 worlds, one turn, no rows for 8 worlds in RLlib and for many members: only to see that it works",
    )
    parser.add_argument("--hidden", type=int, default=128, help="width; quickstart's is 64")
    parser.add_argument("--steps", type=int, default=64, help="of an episode; quickstart's are 20")
    parser.add_argument("--repeats", type=int, default=5, help="turns after the one to warm up")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Imitation takes more passes over each rollout; the others do PPO alone, so it does too.
    overrides = [f"workers={WORKERS}", "population.roster=population"]
    overrides += ["transmission.distil=0", "transmission.until=0.25"]
    members = MANY if options.contestant == "many" else 4
    overrides += [f"population.members={members}", f"creator.capacity={max(1024, 64 * members)}"]
    overrides.append(f"world.trial_length={options.steps}")
    overrides.append(f"learner.hidden={options.hidden}")
    if options.quick:
        overrides.append("population.worlds=32")
    if options.contestant:
        serve(options.contestant, load("quickstart", overrides))
        return
    arguments = [f"--steps={options.steps}", f"--hidden={options.hidden}"]
    arguments += ["--quick"] if options.quick else []
    contests = [each for each in CONTESTS if not (options.quick and dear(each))]
    rows = compare(contests, arguments, 1 if options.quick else options.repeats)
    told = settings_told(overrides)
    if options.json:
        found = document("training", rows)
        found["machine"]["versions"] = {name: version(name) for name in LIBRARIES}
        print(json.dumps({**found, "settings": told}, indent=2))
        return
    show("training", rows)
    print("settings:", ", ".join(f"{name} {value}" for name, value in told.items()))
    for each in rows:
        print(f"{each.name}: ratio {each.ratio_low:.2f} to {each.ratio_high:.2f} in single turns")


def compare(contests: Sequence[Contest], arguments: Sequence[str], repeats: int) -> list[Spread]:
    """All rows. In each turn every work is done once, so that load on the machine meets all alike."""
    works = {work[:2]: work[2] for each in contests for work in (each.ours, each.baseline)}
    rates: dict[tuple[str, str], list[float]] = {work: [] for work in works}
    seconds: dict[tuple[str, str], list[float]] = {work: [] for work in works}
    with ExitStack() as stack:
        contestants: dict[str, list[Contestant]] = {}
        for name in {name for name, _ in works}:
            copies = WORKERS if name == "plain" else 1
            contestants[name] = [
                stack.enter_context(contestant(name, arguments)) for _ in range(copies)
            ]
        shares: list[float] = []
        for turn in range(repeats + 1):
            for (name, work), times in works.items():
                steps, spent, elsewhere = together(contestants[name], work, times)
                if turn:
                    rates[name, work].append(steps / spent)
                    seconds[name, work].append(spent)
                    shares += [elsewhere / spent] if name == "population" else []
    return [*(row(each, rates, seconds) for each in contests), overhead(shares, seconds)]


def dear(contest: Contest) -> bool:
    """Whether a row takes longer than a look allows."""
    return contest.baseline == EIGHT or contest.ours[0] == "many"


def overhead(shares: Sequence[float], seconds: dict[tuple[str, str], list[float]]) -> Spread:
    """The share of CPU outside of the workers, with its lowest and highest turn as `ratio_low` and `ratio_high`."""
    share = statistics.median(shares)
    return Spread(
        name="ray and driver",
        value=share,
        unit="share of CPU",
        baseline=1.0,
        ratio=share,
        cpu_seconds=statistics.median(seconds["population", "learn"]),
        repeats=len(shares),
        ratio_low=min(shares),
        ratio_high=max(shares),
    )


def row(
    contest: Contest,
    rates: dict[tuple[str, str], list[float]],
    seconds: dict[tuple[str, str], list[float]],
) -> Spread:
    """Medians of one contest, and the ratios of its single turns from lowest to highest."""
    ours, baseline = contest.ours[:2], contest.baseline[:2]
    ratios = [one / other for one, other in zip(rates[ours], rates[baseline], strict=True)]
    value, base = statistics.median(rates[ours]), statistics.median(rates[baseline])
    return Spread(
        name=contest.name,
        value=value,
        unit=contest.unit,
        baseline=base,
        ratio=value / base,
        cpu_seconds=statistics.median(seconds[ours]),
        repeats=len(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
    )


def settings_told(overrides: Sequence[str]) -> dict[str, int]:
    """The settings that decide speed."""
    settings = load("quickstart", overrides)
    return {
        "hidden": settings.learner.hidden,
        "steps of an episode": settings.world.trial_length,
        "members": settings.population.members,
        "worlds": settings.population.worlds,
        "epochs": settings.learner.epochs,
        "minibatches": settings.learner.minibatches,
        "workers": settings.workers,
    }


# The measuring side: contestants as processes.


@dataclass(frozen=True)
class Contestant:
    """A process that does works when told, and whose tree of processes is measured."""

    name: str
    process: int
    orders: IO[str]
    answers: IO[str]

    def tell(self, work: str, times: int) -> None:
        with suppress(BrokenPipeError):  # `answer` says that it ended
            print(work, times, sep="\t", file=self.orders, flush=True)

    def answer(self) -> int:
        """Agent-steps of what was told last; raises RuntimeError if the process ended."""
        line = self.answers.readline()
        if not line:
            raise RuntimeError(f"contestant {self.name} ended; its traceback is above")
        return int(line)


@contextmanager
def contestant(name: str, arguments: Sequence[str]) -> Iterator[Contestant]:
    """A contestant whose Ray, logs and token live in a folder that goes with it."""
    # Ray's sockets allow about 107 bytes for a path, so the folder's name is short.
    with tempfile.TemporaryDirectory(prefix="rb", ignore_cleanup_errors=True) as folder:
        token = Path(folder) / "token"
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32))
        inherited = {key: text for key, text in os.environ.items() if not key.startswith("RAY_")}
        process = subprocess.Popen(
            # As a module: Ray would put the folder of a script before ours in its workers' path.
            [sys.executable, "-m", "benchmarks.training", "--contestant", name, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **inherited,
                "HOME": folder,  # RLlib writes results into it
                "TMPDIR": folder,
                "PYTHONPATH": str(ROOT),
                **QUIET_RAY,
                "RAY_AUTH_TOKEN_PATH": str(token),
            },
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            yield Contestant(name, process.pid, process.stdin, process.stdout)
        finally:
            with suppress(BrokenPipeError):  # it has ended already
                process.stdin.close()  # at which it ends
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def together(contestants: Sequence[Contestant], work: str, times: int) -> tuple[int, float, float]:
    """All of them do a work at once; -> agent-steps, CPU-seconds of all their processes, of all but Ray's workers."""
    before = cpu_seconds(contestants)
    for each in contestants:
        each.tell(work, times)
    steps = sum(each.answer() for each in contestants)
    spent, elsewhere = (
        after - earlier for after, earlier in zip(cpu_seconds(contestants), before, strict=True)
    )
    return steps, max(spent, 1 / TICKS), elsewhere


def cpu_seconds(contestants: Sequence[Contestant]) -> tuple[float, float]:
    """CPU time of the contestants, their descendants, and those of these that ended and were waited for; the
    same without processes that Ray calls workers."""
    ticks: dict[int, int] = {}
    workers: set[int] = set()
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        process, fields = int(path.parent.name), rest.split()  # from field 3 on, see proc(5)
        if "(ray::" in name:
            workers.add(process)
        children.setdefault(int(fields[1]), []).append(process)
        ticks[process] = sum(map(int, fields[11:15]))  # user and system, own and children's
    found = elsewhere = 0
    waiting = [each.process for each in contestants]
    while waiting:
        process = waiting.pop()
        found += ticks.get(process, 0)
        elsewhere += ticks.get(process, 0) * (process not in workers)
        waiting += children.get(process, [])
    return found / TICKS, elsewhere / TICKS


if __name__ == "__main__":
    main()
