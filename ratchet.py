"""The door: the `ratchet` command. It imports a room inside the command that needs it and holds no logic of its own."""

import argparse
import importlib.util
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any, TextIO

ROOMS = ("configs", "worlds", "populations", "culture", "viewer")
COMPUTING = ("run", "resume", "evaluate", "plot", "inspect")
MENDED = ("RunError", "FormatError", "ReplayError", "TaskError", "ExportError", "SubmitError")
# Exit codes of what a user can mend; the rooms' errors carry their own sentence.
EXPECTED = {"SettingsError": 2, "Refusal": 2} | dict.fromkeys(
    (*MENDED, "WorkError", "DivergedError", "OSError"), 1
)


class Refusal(Exception):
    """A request that cannot be met as it was put: one sentence with the cure; exit code 2."""


def main(argv: Sequence[str] | None = None) -> int:
    """Carries out one command line (default: that of the process) and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _mend_streams()
    try:
        code = _carry_out(words, argv is None)
    except SystemExit as end:  # of argparse
        code = end.code if isinstance(end.code, int) else 2
    except KeyboardInterrupt:
        code = 130
    except BaseException as problem:
        code = _report(problem, words)
    try:
        _tell("", sys.stdout, end="")  # what argparse has written may still be on its way
    except OSError as problem:
        code = code or _report(problem, [])
    return code


def _carry_out(words: Sequence[str], may_restart: bool) -> int:
    _check_rooms()
    from configs import command_line

    parser = command_line.parser(lambda text: _refuse(text, words))
    asked, rest = parser.parse_known_args(words)
    if rest and (not hasattr(asked, "words") or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        asked.words += rest  # settings that follow an option
    if asked.version:
        from importlib.metadata import version

        _tell(f"ratchet {version('ratchet')}", sys.stdout)
        return 0
    if asked.command is None:
        parser.print_help()
        return 2
    if asked.command in COMPUTING and not getattr(asked, "dry_run", False):
        _pin_environment(may_restart)
    return _commands()[asked.command](asked)


def _commands() -> dict[str, Callable[[argparse.Namespace], int]]:
    return {
        "run": run,
        "resume": resume,
        "evaluate": evaluate,
        "plot": plot,
        "play": play,
        "view": view,
        "export": export,
        "inspect": inspect,
        "config": config,
        "list": list_,
        "doctor": doctor,
        "submit": submit,
    }


def run(asked: argparse.Namespace) -> int:
    """`ratchet run [CONFIG ...] [key=value ...]`"""
    from configs.load import read, to_dict
    from culture.plan import folder_of, lines, plan
    from culture.records import Records

    configs, overrides = _experiment(asked.words)
    loaded = read(configs, overrides)
    for notice in loaded.notices:
        _tell(notice, sys.stderr)
    settings, folder = loaded.settings, folder_of(loaded, configs)
    Records.check(folder, settings)
    if asked.dry_run:
        facts = plan(settings, folder)
        document = {"settings": to_dict(settings), **facts}
        return _emit(asked, document, lambda: lines(settings, facts))
    about = (settings, ["ratchet", "run", *asked.words], loaded.text, overrides)
    return _drive(asked, folder, lambda: Records.open_or_create(folder, *about))


def resume(asked: argparse.Namespace) -> int:
    """`ratchet resume RUN [key=value ...]`"""
    from configs.load import load
    from culture.records import Records

    if any(word.startswith("run.dir=") for word in asked.words):
        raise Refusal("run.dir: a run stays where it is: leave the setting out")
    settings = None
    if asked.words and (asked.run / "config.yaml").is_file():
        settings = load(asked.run / "config.yaml", asked.words, trusted=False)
        Records.check(asked.run, settings)
    return _drive(asked, asked.run, lambda: Records.open(asked.run, settings))


def evaluate(asked: argparse.Namespace) -> int:
    """`ratchet evaluate RUN [RUN ...]`, or the table of returns that it kept"""
    from culture import focal, lifelong_report, scores

    if asked.lifelong and (asked.out or asked.scenario or asked.company == "population"):
        raise Refusal("--lifelong goes with neither --out, --scenario nor --company population")
    if asked.background and not asked.scenario:
        raise Refusal("--background goes with --scenario")
    if asked.scenario and (asked.out or asked.best or asked.company):
        raise Refusal("--scenario says who plays with whom: leave out --company, --best and --out")
    if not asked.scenario and not asked.lifelong:
        found = _scores(asked)
        return _emit(asked, found, lambda: scores.table(found))
    ways = focal.SCENARIOS if asked.scenario == "all" else (asked.scenario,)
    told, more = (lifelong_report, ()) if asked.lifelong else (focal, (ways, asked.background))
    with _to_log(asked):
        found = told.evaluate(asked.runs, _wanted(asked), *more)
    return _emit(asked, found, lambda: told.table(found))


def _scores(asked: argparse.Namespace) -> dict[str, Any]:
    """What an evaluation tells of everybody."""
    from culture.evaluation import returns_of
    from culture.scores import scores

    with _to_log(asked):
        return scores(returns_of(asked.runs, _wanted(asked), asked.out))


def _wanted(asked: argparse.Namespace) -> Any:
    from culture.evaluation import Asked

    names = ("suite", "episodes", "member", "best", "company", "workers")
    return Asked(**{name: getattr(asked, name) for name in names})


def _to_log(asked: argparse.Namespace) -> Any:
    """What libraries print goes nowhere, unless it is wanted."""
    from culture.driver import to_log

    return to_log(Path(os.devnull), asked.verbose)


def plot(asked: argparse.Namespace) -> int:
    """`ratchet plot RUN [RUN ...]`"""
    from culture import gains
    from viewer import plot as charting

    if asked.mean and asked.what != "generations":
        raise Refusal("--mean goes with --what generations")
    told: Any = _scores(asked) if asked.what == "percentiles" else charting.open_runs(asked.runs)
    if asked.what in ("accumulation", "reliance"):
        told = gains.of(told)
        _tell(gains.table(told), sys.stdout)
    draw = charting.mean_generations if asked.mean else getattr(charting, asked.what)
    out = asked.to or Path(f"{asked.what}.png")
    charting.write(draw(told), out)
    _tell(str(out), sys.stdout)
    return 0


def view(asked: argparse.Namespace) -> int:
    """`ratchet view RUN|REPLAY|TASK`"""
    from viewer.main import show, show_task
    from viewer.tasks import means_task

    options = {name: getattr(asked, name) for name in ("shot", "script", "log", "max_seconds")}
    if means_task(asked.what):
        _announce_compiling(asked.what)
        return show_task(asked.what, **options)
    return show(Path(asked.what), screen=asked.screen, generation=asked.generation, **options)


def play(asked: argparse.Namespace) -> int:
    """`ratchet play TASK [--with WHO ...]`"""
    from viewer import co_players, tasks
    from viewer.opening import Options
    from viewer.play import play as sit_down

    family, table = None, []
    for who in asked.co_players:
        if who in co_players.SCRIPTED:
            table.append(co_players.scripted(who))
            continue
        from culture.co_players import trained

        member = trained(Path(who))
        if family is not None and family.settings != member.family.settings:
            raise Refusal(f"{who}: lived in other worlds than the members before it")
        family = member.family
        table.append(co_players.CoPlayer(member.name, "member", member.start))
    options = Options(asked.shot, asked.script, asked.log, asked.max_seconds)
    _announce_compiling(asked.task)
    task = tasks.find(asked.task, family)
    return sit_down(task, table, asked.seat, asked.seed, asked.save, options)


def _announce_compiling(task: str) -> None:
    """A person who waits for a window is told why."""
    from worlds.family import names
    from worlds.kernels import compiled

    world, _, _ = task.partition(":")
    if sys.stderr.isatty() and not compiled(world if world in names() else "playground"):
        _tell("compiling the world, this once: up to half a minute", sys.stderr)


def export(asked: argparse.Namespace) -> int:
    """`ratchet export RUN|REPLAY -o FILE`"""
    from viewer.export import export as write

    options = {"fps": asked.fps, "tile": asked.tile, "replay": asked.replay}
    write(asked.path, asked.out, asked.steps, asked.agent_view, **options)
    _tell(str(asked.out), sys.stdout)
    return 0


def inspect(asked: argparse.Namespace) -> int:
    """`ratchet inspect RUN|FILE`; 1 if something in it is damaged"""
    from viewer import inspect as looking

    facts = looking.inspect(asked.path)
    if asked.curriculum:
        from culture.rederive import facts as derived

        facts |= derived(asked.path, facts["problems"])
    _emit(asked, facts, lambda: looking.lines(facts))
    return 1 if facts["problems"] else 0


def config(asked: argparse.Namespace) -> int:
    """`ratchet config [CONFIG ...] [key=value ...]`"""
    from configs import load

    if asked.help is not None:
        text = load.help_for(asked.help)
        return _emit(asked, {"key": asked.help, "help": text}, lambda: text)
    if asked.schema:
        _tell(json.dumps(load.schema_json(), indent=2), sys.stdout)
        return 0
    configs, overrides = _experiment(asked.words, default=())
    settings = load.load(configs, overrides)
    if asked.diff:
        found = load.difference(load.load(asked.diff, []), settings)
        return _emit(asked, {"difference": found}, lambda: "\n".join(found) or "no difference")
    return _emit(
        asked, {"settings": load.to_dict(settings)}, lambda: load.to_yaml(settings).rstrip("\n")
    )


def list_(asked: argparse.Namespace) -> int:
    """`ratchet list worlds|configs|runs|tasks|members|replays [RUN]`; 1 if something is damaged"""
    from viewer import listing

    suite = (asked.world, asked.suite)
    if asked.what == "tasks" and asked.path is None:
        found = listing.of_suite(*suite)
        return _emit(asked, {"tasks": found, "problems": []}, lambda: listing.suite_lines(found))
    if any(suite):
        raise Refusal("--world and --suite go with: ratchet list tasks")
    if asked.path is not None:
        asked.path.stat()  # a missing folder is told before its emptiness
    rows, problems = listing.rows(asked.what, asked.path)
    nothing = f"no {asked.what} below {asked.path or 'runs'}"
    _emit(asked, {asked.what: rows, "problems": problems}, lambda: listing.lines(rows) or nothing)
    for problem in [] if asked.json else problems:
        _tell(problem, sys.stderr)
    return 1 if problems else 0


def doctor(asked: argparse.Namespace) -> int:
    """`ratchet doctor`; 1 if a check failed"""
    from culture.doctor import examine, lines

    checks = examine(ROOMS, asked.deep)
    _emit(asked, {"checks": checks}, lambda: lines(checks))
    return 0 if all(check["fine"] for check in checks) else 1


def submit(asked: argparse.Namespace) -> int:
    """`ratchet submit [CONFIG ...] --address URL [key=value ...]`"""
    from configs.load import read
    from culture import submit as jobs

    configs, overrides = _experiment(asked.words)
    loaded = read(configs, overrides)
    jobs.check(loaded.settings)
    folder = jobs.project(Path(__file__).parent, loaded.files)
    job = jobs.Job(asked.address, folder, (*configs, *overrides), jobs.token_of(asked.token))
    jobs.announce(job, loaded.files, asked.quiet)
    return 0 if asked.dry_run else jobs.send(job, asked.wait, asked.quiet)


def _drive(asked: argparse.Namespace, folder: Path, opening: Callable[[], Any]) -> int:
    """Runs what `opening` opens in `folder` to its end, then says what came out and what to type next."""
    from configs.commands import door, word
    from culture.driver import Stopped, drive, ending, log_of

    try:
        found = drive(folder, opening, asked.quiet, asked.verbose)
    except Stopped as end:
        _tell(f"stopped; to go on: {door()} resume {word(folder)}", sys.stderr)
        return end.exit_code
    except Exception:
        if log_of(folder).exists():
            _tell(f"log: {log_of(folder)}", sys.stderr)
        raise
    return _emit(asked, {"run": str(folder), **found}, lambda: ending(folder, found["rows"]))


def _experiment(words: list[str], default: Any = ("quickstart",)) -> tuple[Any, list[str]]:
    """Each CONFIG, of which later ones win, or the default; and the settings behind them."""
    configs = list(takewhile(lambda word: "=" not in word, words))
    return configs or default, list(words[len(configs) :])


def _emit(asked: argparse.Namespace, document: dict[str, Any], text: Callable[[], str]) -> int:
    """The result on stdout: with --json one document, otherwise lines."""
    _tell(_json(document) if asked.json else text(), sys.stdout)
    return 0


def _tell(text: str, stream: TextIO, end: str = "\n") -> None:
    """Prints at once. A reader that has had enough is no problem: what was asked for is done."""
    try:
        print(text, file=stream, end=end, flush=True)
    except OSError as problem:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # Python would fail at its end over what was not written
        os.close(null)
        if stream is sys.stdout and not isinstance(problem, BrokenPipeError):
            raise


def _mend_streams() -> None:
    """Opens the null device for standard streams that are closed, and no letter stops a result.

    Otherwise the next file that is opened would take the number of the missing stream.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _json(document: dict[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and not -1e999 < value < 1e999 else value

    return json.dumps({"format": 1, **plain(document)}, indent=2, ensure_ascii=False, default=str)


def _report(problem: BaseException, words: Sequence[str]) -> int:
    """One sentence about what went wrong, without a traceback for what a user can mend."""
    kinds = [kind.__name__ for kind in type(problem).__mro__ if kind.__name__ in EXPECTED]
    code = getattr(problem, "exit_code", EXPECTED[kinds[0]] if kinds else 1)
    text = _sentence(problem) if kinds else f"{type(problem).__name__}: {problem} (a fault of ours)"
    if "--json" in words:
        with suppress(OSError):
            _tell(_json({"problems": text.splitlines()}), sys.stdout)
    else:
        _tell(text, sys.stderr)
    if "-v" in words or "--verbose" in words:
        import traceback

        _tell("".join(traceback.format_exception(problem)).rstrip(), sys.stderr)
    elif not kinds:
        _tell("the same command with -v shows where", sys.stderr)
    return code


def _refuse(text: str, words: Sequence[str]) -> None:
    """One line about a wrong command line."""
    if "--json" in words:
        _tell(_json({"problems": [text]}), sys.stdout)
    else:
        _tell(text, sys.stderr)


def _sentence(problem: BaseException) -> str:
    if told := getattr(problem, "told", None):  # of SettingsError, which names a command
        from configs.commands import door

        return str(told(door()))
    if isinstance(problem, OSError) and problem.filename is not None and problem.strerror:
        return f"{problem.filename}: {problem.strerror.lower()}"
    return str(problem) or type(problem).__name__


def _check_rooms() -> None:
    """Our packages bear plain names: refuse one that lies elsewhere, as `configs/` in the caller's folder may."""
    here = Path(__file__).resolve().parent
    for room in ROOMS:
        found = importlib.util.find_spec(room)
        origin = Path(found.origin).resolve() if found and found.origin else None
        if origin is None or origin.parent.parent != here:
            raise Refusal(
                f"the package {room} is taken from {origin.parent if origin else 'nowhere'}, "
                f"not from {here}: start ratchet in another folder, or rename the intruder"
            )


def _pin_environment(may_restart: bool) -> None:
    """Restarts this process once, before any heavy import, if it is not as all processes are to be."""
    from configs.environment import FIXED

    if may_restart and any(os.environ.get(name) != value for name, value in FIXED.items()):
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **FIXED})


if __name__ == "__main__":
    sys.exit(main())
