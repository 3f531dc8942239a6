"""What README and docs say is so: every command works, every link leads somewhere, every source is listed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ratchet as door
from tests.conftest import ROOT, environment

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOOR = ".venv/bin/ratchet "


def console() -> list[tuple[str, list[str]]]:
    """Each command of the README's console blocks with the lines it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", README, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


MADE = [command for command, _ in console() if command.startswith("make ")]
TYPED = [
    (command.removeprefix(DOOR), said) for command, said in console() if command.startswith(DOOR)
]


def test_the_console_blocks_hold_nothing_else() -> None:
    assert {"make run", "make test"} <= set(MADE)
    assert len(MADE) + len(TYPED) == len(console())


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("command", MADE)
def test_make_does_what_it_is_said_to_do(command: str) -> None:
    """Without doing it: these two are what CI runs. A make that runs the tests must not speak up in this one."""
    planned = subprocess.run(
        ["make", "--dry-run", command.split()[1]],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
        capture_output=True,
        text=True,
    )
    assert planned.returncode == 0, planned.stderr
    last = {"run": ".venv/bin/ratchet run quickstart", "test": ".venv/bin/python -m pytest"}
    assert planned.stdout.splitlines()[-1].startswith(last[command.split()[1]])


def test_every_command_of_the_readme_works(
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In their order, in one folder that already holds what the first of them, a process, made.

    In this process: as many others would mostly load torch again.
    """
    shutil.copytree(finished / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert TYPED[0][0] == "run debug run.dir=runs/first"
    for command, said in TYPED:
        words = shlex.split(command)
        more = ["--shot", "view.png"] if words[0] in ("view", "play") else []
        code = door.main([*words, *more])
        told = capsys.readouterr()
        problems = any("problem" in line for line in said)
        assert code == (2 if problems else 0), (command, told.out, told.err)
        for line in said:
            assert line in told.out + told.err, command
    assert (tmp_path / "first.webp").exists()


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("play_a_world.py", [], "agent_1: return"),
        ("creator_alone.py", [], "most informative: "),
        ("your_own_creator.py", [], "proposal 7: return"),
        ("read_a_run.py", ["runs/first"], "parameters"),
        ("compare_seeds.py", ["runs/first", "runs/first"], "generation 2, 2 runs: culture"),
    ],
)
def test_every_example_runs(name: str, words: list[str], said: str, finished: Path) -> None:
    run_example(name, words, said, finished)


@pytest.mark.ray
@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("bring_your_own.py", ["culture.steps=3072", "workers=1"], "iterations  0 to  1: return"),
        ("tune_group.py", ["2"], "best: lr"),
    ],
)
def test_every_example_on_ray_runs(name: str, words: list[str], said: str, tmp_path: Path) -> None:
    run_example(name, words, said, tmp_path, HOME=str(tmp_path))  # Ray and Tune write there


def run_example(name: str, words: list[str], said: str, folder: Path, **more: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *words],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("play_a_world.py", [], "Visit the goals in the order "),
        ("compare_seeds.py", [], "usage: "),
        ("compare_seeds.py", ["bare"], "usage: "),
        ("compare_seeds.py", ["bare", "bare"], "generation 0, 2 runs: culture +0.50"),
        ("read_a_run.py", [], "usage: "),
        ("read_a_run.py", ["begun"], "no generation is over yet"),
    ],
)
def test_examples_keep_their_promises_in_a_sentence(
    name: str, words: list[str], said: str, tmp_path: Path
) -> None:
    """`bare` has no single lifetimes, `begun` no generation."""
    for run, text in (("bare", '{"generation": 0, "return": 0.5}\n'), ("begun", "")):
        (tmp_path / run).mkdir()
        (tmp_path / run / "metrics.jsonl").write_text(text)
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *words],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    assert said in told and "Traceback" not in told and "Warning" not in told
    assert done.returncode == (0 if done.stdout else 1)


def test_every_example_is_short_and_tested() -> None:
    marks = [
        *test_every_example_runs.pytestmark,  # type: ignore[attr-defined]
        *test_every_example_on_ray_runs.pytestmark,  # type: ignore[attr-defined]
    ]
    tested = {case[0] for mark in marks if mark.args for case in mark.args[1]}
    found = {path.name: path.read_text() for path in (ROOT / "examples").glob("*.py")}
    assert set(found) == tested
    for text in found.values():
        assert len(text.splitlines()) < 60
        assert "How to run:" in text and "What to expect:" in text


def test_the_page_of_settings_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "configuration.py")],
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    assert (ROOT / "docs" / "configuration.md").read_text() == made.stdout, "make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert not [link for link in local if not (page.parent / link).exists()]


def test_every_source_that_is_named_is_in_the_references() -> None:
    listed = (ROOT / "docs" / "references.md").read_text()
    for room in ("configs", "worlds", "populations", "culture", "viewer"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text()
            named = re.findall(r"\b[A-Z][a-z]+(?:-[A-Z][a-z]+)? (?:19|20)\d\d[a-z]?\b", text)
            assert not [name for name in named if f"{name} |" not in listed], path


def test_files_named_in_the_pages_exist() -> None:
    for page in PAGES:
        named = re.findall(
            r"`((?:configs|culture|docs|examples|populations|worlds)/[\w./]+)`", page.read_text()
        )
        assert not [name for name in named if not (ROOT / name).exists()], page
