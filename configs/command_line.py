"""The words of the command line: every command with its options and what `--help` says about them."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn


def parser(refuse: Callable[[str], None]) -> argparse.ArgumentParser:
    """The parser of all commands; it tells `refuse` one line about a wrong command line and ends with 2.

    `command` is the name of the one that was asked for, None if there was none.
    """

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            refuse(f"{self.prog}: {message}; see {self.prog} --help")
            raise SystemExit(2)

    top = Parser(
        prog="ratchet",
        description="Open-ended learning: tasks evolve, members learn, generations hand on.",
        epilog="First steps: ratchet run debug; ratchet list runs; ratchet view RUN.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="show the version and end")
    top.set_defaults(command=None)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, help: str, **more: Any) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=help, description=help, allow_abbrev=False, **more)
        parser.set_defaults(command=name)
        loud = parser.add_mutually_exclusive_group()
        loud.add_argument("-v", "--verbose", action="store_true", help="show everything")
        loud.add_argument("-q", "--quiet", action="store_true", help="show only problems")
        return parser

    def json_flag(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")

    settings: dict[str, Any] = {
        "nargs": "*",
        "metavar": "key=value",
        "help": "settings; see `ratchet config`",
    }
    experiment: dict[str, Any] = {"nargs": "*", "metavar": "[CONFIG ...] key=value"}

    made = add("run", "run one experiment", aliases=["train"])
    made.add_argument(
        "words",
        **experiment,
        help="shipped names or files (quickstart), of which later ones win, and settings",
    )
    made.add_argument("--dry-run", action="store_true", help="show what would be done")
    json_flag(made)
    made = add("resume", "continue a run from its last complete generation")
    made.add_argument("run", type=Path, metavar="RUN")
    made.add_argument("words", **settings)
    json_flag(made)
    made = add("evaluate", "play the members of runs on held-out tasks, and compare them")
    made.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="folders of runs of the same worlds, or a file that --out has written",
    )
    made.add_argument(
        "--suite",
        default="heldout",
        help="list of tasks: heldout, probes; with --lifelong also heldout,probes",
    )
    made.add_argument("--episodes", type=int, help="episodes of each task and member")
    fewer = made.add_mutually_exclusive_group()
    fewer.add_argument("--member", help="one member only, by name")
    fewer.add_argument("--best", action="store_true", help="the best of each generation only")
    fewer.add_argument(
        "--lifelong",
        action="store_true",
        help="how knowledge moves along generations: the best of each on suites and on the tasks that "
        "each generation learned; transfer, forgetting, speed of learning (docs/concepts.md)",
    )
    made.add_argument(
        "--company",
        choices=["alone", "noise", "self_play", "population"],
        help="who fills the other bodies, if not whom the run's settings name; "
        "population: the best of all generations, one after the other",
    )
    made.add_argument("--out", type=Path, metavar="FILE.parquet", help="keep the table of returns")
    made.add_argument(
        "--scenario",
        choices=["resident", "visitor", "universal", "all"],
        help="measure the last generation in most, in the fewest or in all seats of a world",
    )
    made.add_argument(
        "--background",
        type=Path,
        metavar="RUN",
        help="whose best members fill the other seats (the run's own earlier generations)",
    )
    made.add_argument("--workers", type=int, help="Ray workers; 0 works in this process")
    json_flag(made)
    made = add("plot", "draw what runs came to")
    made.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="folders of runs; percentiles: or the file of `ratchet evaluate --out`",
    )
    made.add_argument(
        "--what",
        choices=[
            *("generations", "curves", "accumulation", "reliance", "lineage", "percentiles"),
            "curriculum",
        ],
        default="generations",
        help="returns by generation; learning curves; what generations gained beside all controls, "
        "over seeds if several runs are given; how far the young rely on elders (both also print a "
        "table); who learned from whom in one run; percentiles of shares over held-out tasks, for "
        "which the best members are played again; which tasks one run's creator made, as maps",
    )
    made.add_argument("--mean", action="store_true", help="of generations: one line for all runs")
    made.add_argument(
        "-o", dest="to", type=Path, metavar="FILE", help="png, svg, pdf or csv (WHAT.png)"
    )
    # What percentiles are evaluated with.
    made.set_defaults(**dict.fromkeys(("episodes", "member", "company", "out")), workers=0)
    made.set_defaults(suite="heldout", best=True)

    def window(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--shot", type=Path, metavar="FILE.png", help="save the window and end")
        parser.add_argument("--script", default="", metavar="KEYS", help="keys to press: RIGHT,TAB")
        parser.add_argument("--log", type=Path, metavar="FILE.jsonl", help="one line per event")
        parser.add_argument("--max-seconds", type=float, metavar="N")

    task = "a name of `ratchet list tasks`, WORLD:SEED, or a file .json, .yaml"
    made = add("view", "watch replays, or look at a task, in a window")
    made.add_argument("what", metavar="RUN|REPLAY|TASK", help=f"TASK: {task}")
    window(made)
    made.add_argument("--screen", default="replay", help="replay or browser")
    made.add_argument("--generation", type=int, help="leave out all others")
    made = add("play", "play a task by hand; what is played is saved as a replay")
    made.add_argument("task", metavar="TASK", help=task)
    made.add_argument("--seat", type=int, default=0, metavar="N", help="your agent (0)")
    made.add_argument(
        "--with",
        dest="co_players",
        nargs="+",
        default=["random"],
        metavar="WHO",
        help="who plays the others, the last one all that remain: "
        "noop, random (the default), oracle, or a trained RUN/MEMBER (loads torch)",
    )
    made.add_argument("--seed", type=int, default=0, help="of the others' chance (0)")
    made.add_argument("--save", type=Path, metavar="FILE", help="the replay (human-NNN.parquet)")
    window(made)
    made = add("export", "write replays as pictures or tables")
    made.add_argument("path", type=Path, metavar="RUN|REPLAY")
    formats = "gif, webp, png, apng, mp4, parquet, csv"
    made.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help=formats)
    made.add_argument("--steps", type=_span, metavar="A:B", help="first and last step")
    made.add_argument("--agent-view", type=int, metavar="N", help="what that agent sees")
    made.add_argument("--replay", type=int, default=0, metavar="N", help="which one, from 0")
    made.add_argument("--fps", type=int, default=8)
    made.add_argument("--tile", type=int, default=32, metavar="PIXELS")
    made = add("inspect", "say what a run, a member or a replay file is")
    made.add_argument("path", type=Path, metavar="RUN|FILE")
    made.add_argument(
        "--curriculum",
        action="store_true",
        help="derive every proposal of a run's creator again from its log (loads torch)",
    )
    json_flag(made)
    made = add("config", "show settings with their meaning", add_help=False)
    made.add_argument(
        "words", **experiment, help="shipped names or files (the defaults), and settings"
    )
    made.add_argument(
        "-h", "--help", nargs="?", const="", metavar="KEY", help="explain a setting or section"
    )
    made.add_argument("--schema", action="store_true", help="all settings as a JSON Schema")
    made.add_argument("--diff", metavar="OTHER", help="what differs from another CONFIG")
    json_flag(made)
    made = add("list", "list what there is, one line each")
    made.add_argument("what", choices=["worlds", "configs", "runs", "tasks", "members", "replays"])
    made.add_argument("path", type=Path, nargs="?", metavar="RUN", help="runs: their folder")
    made.add_argument("--world", help="tasks without RUN: of this world (playground)")
    made.add_argument("--suite", help="tasks without RUN: probes or heldout")
    json_flag(made)
    made = add("doctor", "look at what this machine offers")
    made.add_argument("--deep", action="store_true", help="also load torch and Ray")
    json_flag(made)
    made = add("submit", "send a run to a Ray cluster as a job")
    made.add_argument("words", **experiment, help="shipped names or files, and settings")
    made.add_argument("--address", required=True, metavar="URL", help="such as http://head:8265")
    made.add_argument("--token", metavar="FILE", help="the cluster's token ($RAY_AUTH_TOKEN_PATH)")
    made.add_argument("--wait", action="store_true", help="follow the job to its end")
    made.add_argument("--dry-run", action="store_true", help="show upload and command")
    return top


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return int(first), int(last)
