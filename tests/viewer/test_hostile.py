"""Replay files from strangers: whatever is in them, the viewer draws or says one sentence."""

import random
from dataclasses import replace

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

pygame = pytest.importorskip("pygame")

from viewer.browser import BrowserScreen  # noqa: E402  (needs pygame)
from viewer.canvas import Canvas  # noqa: E402
from viewer.main import show  # noqa: E402
from viewer.screen import ReplayScreen  # noqa: E402
from viewer.shelf import Shelf  # noqa: E402
from worlds.episode import Agent  # noqa: E402
from worlds.formats import FormatError  # noqa: E402
from worlds.shards import read, sealed  # noqa: E402

NAMES = ("", "\x00", "\ud800", "x" * 20_000, "\u202egnp.live", "a\nb\x1b[2J", "漢字 🜁")


@pytest.fixture
def canvas(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.font.init()
    return Canvas(pygame.Surface((900, 640)))


@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_kinds_are_drawn(name, canvas, episodes):
    agents = (Agent("agent_0", name, name), Agent(name, name, "elder"))
    shelf = Shelf(name, [replace(episodes[0], agents=agents, split=name)])
    BrowserScreen(shelf).draw(canvas)
    screen = ReplayScreen(shelf)
    for key in ("H", "RIGHT", "H", "F", "C", "M"):
        screen.press(key)
        screen.draw(canvas)
    assert screen.problem == ""


def test_a_replay_that_cannot_be_simulated_says_so_and_the_next_one_plays(canvas, episodes):
    wrong = replace(episodes[0], digests=("0" * 16,) * len(episodes[0].digests))
    shelf = Shelf("two", [wrong, episodes[1]])
    screen = ReplayScreen(shelf)
    screen.draw(canvas)
    assert "digest" in screen.problem
    for key in ("SPACE", "RIGHT", "END", "E", "V"):
        screen.press(key)
        screen.draw(canvas)
    assert (screen.state()["step"], screen.state()["length"]) == (0, 0)
    screen.press("RIGHTBRACKET")
    screen.press("END")
    screen.draw(canvas)
    assert (screen.problem, screen.state()["step"]) == ("", 40)
    BrowserScreen(shelf).draw(canvas)


def unsealed(data: bytes) -> bytes:
    """The Parquet file within a sealed one, whatever its seal says."""
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[: max(footer - 32, 0)] + data[max(footer, 0) :]


def test_mutants_of_a_file_are_shown_or_refused_in_one_sentence(
    replay_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    whole = replay_file.read_bytes()
    draw = random.Random(20)
    codes = []
    for number in range(40):
        data = bytearray(whole)
        kind = number % 4
        if kind == 0:
            data = data[: draw.randrange(len(data))]
        elif kind == 1:
            for _ in range(draw.randrange(1, 9)):
                data[draw.randrange(len(data))] = draw.randrange(256)
        elif kind == 2:  # the footer, where sizes stand
            for _ in range(3):
                data[-draw.randrange(1, 2500)] ^= 1 << draw.randrange(8)
        else:
            start = draw.randrange(len(data) - 64)
            data[start : start + 32] = draw.randbytes(draw.randrange(64))
        if kind:  # a stranger seals what he changed
            data = sealed(unsealed(bytes(data)))
        path = tmp_path / f"mutant-{number}.parquet"
        path.write_bytes(data)
        codes.append(show(path, shot=tmp_path / "shot.png", script="END", size=(640, 480)))
        said = capsys.readouterr().err
        assert said.count("\n") == (0 if codes[-1] == 0 else 1), said
        assert "Traceback" not in said
    assert set(codes) <= {0, 1} and codes.count(1) >= 20


def test_mutants_of_the_columns_are_shown_or_refused_in_one_sentence(replay_file, tmp_path, canvas):
    table = parquet.read_table(replay_file)
    draw = random.Random(21)
    ends = {"refused": 0, "not simulated": 0, "shown": 0}
    for number in range(120):
        columns = table.to_pydict()
        name = table.column_names[number % len(table.column_names)]
        row = draw.randrange(3)
        columns[name][row] = spoiled(columns[name][row], draw)
        buffer = pyarrow.BufferOutputStream()
        parquet.write_table(pyarrow.Table.from_pydict(columns, table.schema), buffer)
        path = tmp_path / "mutant.parquet"
        path.write_bytes(sealed(buffer.getvalue().to_pybytes()))
        try:
            shelf = Shelf("mutant", read(path), path)
        except FormatError as problem:
            assert str(problem).startswith(str(path)) and str(problem).isprintable()
            ends["refused"] += 1
            continue
        BrowserScreen(shelf).draw(canvas)
        screen = ReplayScreen(shelf, row)
        screen.press("END")
        screen.draw(canvas)
        if screen.problem:
            assert screen.problem.startswith(f"{path}: replay {row} (counted from 0): ")
        ends["not simulated" if screen.problem else "shown"] += 1
    assert min(ends.values()) >= 5, ends


def spoiled(value, draw):
    """The value of a column after one change that keeps its type."""
    if isinstance(value, int):
        return draw.choice((-1, 0, value + 1, 2**31 - 1))
    if isinstance(value, list):
        item = value[draw.randrange(len(value))]
        if isinstance(item, dict):
            item = item | {draw.choice(sorted(item)): draw.choice(("", "\x1b[2J", "漢字 🜁"))}
        return draw.choice(([], value * 9, [*value[1:], item]))
    place = draw.randrange(len(value))
    text = draw.choice(("\0", "9", "}", '"')) if isinstance(value, str) else draw.randbytes(1)
    return draw.choice((value[:place], value[:place] + text + value[place + 1 :]))


def test_random_keys_and_clicks_never_break_a_screen(canvas, episodes):
    keys = ("LEFT", "RIGHT", "SPACE", "TAB", "V", "G", "T", "F", "M", "H", "L", "C", "PLUS")
    more = ("MINUS", "E", "UP", "DOWN", "HOME", "END", "LEFTBRACKET", "RIGHTBRACKET", "9", "", "X")
    draw = np.random.default_rng(5)
    screen = ReplayScreen(Shelf("three", episodes))
    for number in range(120):
        screen.press(str(draw.choice(keys + more)))
        place = (int(draw.integers(-50, 950)), int(draw.integers(-50, 700)))
        screen.point(str(draw.choice(["down", "drag", "up"])), place)
        screen.advance(float(draw.random()))
        if number % 6 == 0:
            screen.draw(canvas)
        state = screen.state()
        assert 0 <= state["step"] <= state["length"]
