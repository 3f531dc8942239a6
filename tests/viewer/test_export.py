"""Exported pictures and tables hold the replay, and no window is needed for them."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from ratchet import main
from tests.viewer.conftest import ROOT
from viewer.export import ExportError, ExportUsageError, export
from viewer.story import tell
from worlds.episode import ReplayError
from worlds.render import TILES
from worlds.shards import write


@pytest.mark.parametrize("ending", ["gif", "webp", "apng"])
def test_moving_pictures_have_one_frame_per_position(ending, replay_file, tmp_path):
    image = pytest.importorskip("PIL.Image")
    out = tmp_path / f"replay.{ending}"
    export(replay_file, out, steps=(0, 5), tile=16)
    with image.open(out) as picture:
        assert picture.n_frames == 6
    assert [path.name for path in tmp_path.iterdir()] == [out.name], "nothing else is left behind"


def test_a_still_shows_the_step_pixel_for_pixel(replay_file, episodes, tmp_path):
    image = pytest.importorskip("PIL.Image")
    export(replay_file, tmp_path / "step.png", steps=(7, 7), tile=24)
    export(replay_file, tmp_path / "view.png", steps=(7, 7), tile=24, agent_view=1)
    story = tell(episodes[0])
    with image.open(tmp_path / "step.png") as picture:
        assert np.array_equal(np.asarray(picture), story.frame(7, 24))
    with image.open(tmp_path / "view.png") as picture:
        assert np.array_equal(np.asarray(picture), story.view(7, 1, 24))


def test_video_is_made_or_the_missing_program_is_named(replay_file, tmp_path):
    out = tmp_path / "replay.mp4"
    try:
        import imageio_ffmpeg  # noqa: F401
    except ImportError:
        if shutil.which("ffmpeg") is None:
            with pytest.raises(ExportError, match="install it"):
                export(replay_file, out, steps=(0, 5))
            assert not list(tmp_path.iterdir())
            return
    export(replay_file, out, steps=(0, 5))
    assert b"ftyp" in out.read_bytes()[:16]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_tables_hold_the_steps_of_all_replays_with_the_names_of_rlds(
    ending, replay_file, episodes, tmp_path
):
    out = tmp_path / f"steps.{ending}"
    export(replay_file, out)
    read = pyarrow.parquet.read_table if ending == "parquet" else pyarrow.csv.read_csv
    table = read(out)
    names = {"episode", "step", "agent", "action", "reward", "is_first", "is_last", "is_terminal"}
    assert names | {"discount"} <= set(table.column_names)
    rows = table.to_pylist()
    assert len(rows) == sum((episode.length + 1) * 2 for episode in episodes)
    for number, episode in enumerate(episodes):
        mine = [row for row in rows if row["episode"] == number and row["agent"] == "agent_0"]
        assert sum(row["reward"] for row in mine) == pytest.approx(episode.returns[0])
        assert [row["action"] for row in mine[:-1]] == episode.actions[:, 0].tolist()
        assert [row["is_first"] for row in mine].index(True) == 0
        last = mine[-1]
        assert (last["is_last"], last["is_terminal"], last["discount"]) == (True, True, 0.0)
        assert last["action"] in (None, "") and sum(row["is_last"] for row in mine) == 1
    if ending == "parquet":
        assert rows[2]["observation"] == tell(episodes[0]).views[1, 0].tolist()


@pytest.mark.parametrize(
    "out, arguments, words",
    [
        ("replay.avi", {}, "known are .gif"),
        ("replay.gif", {"fps": 0}, "fps"),
        ("replay.gif", {"fps": 51}, "fps of .gif is 1 to 50"),
        ("replay.gif", {"tile": 5000}, "tile"),
        ("replay.gif", {"tile": 7}, "tile 8 to 256 pixels"),
        ("replay.gif", {"steps": (5, 2)}, "first comes before"),
        ("replay.gif", {"steps": (41, 50)}, "there are only 40 steps"),
        ("steps.csv", {"steps": (41, 50)}, "there are only 40 steps"),
        ("replay.gif", {"agent_view": 2}, "agents are 0 to 1"),
        ("replay.gif", {"replay": 3}, "counted from 0"),
        ("nowhere/replay.gif", {}, "cannot be written"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_cure(out, arguments, words, replay_file, tmp_path):
    with pytest.raises(ExportError, match=words) as problem:
        export(replay_file, tmp_path / out, **arguments)
    assert not list(tmp_path.iterdir())
    assert isinstance(problem.value, ExportUsageError) == (words != "cannot be written")


def test_wrong_arguments_end_the_command_with_code_2(replay_file, tmp_path, capsys):
    asked = ["export", str(replay_file), "-o"]
    assert main([*asked, str(tmp_path / "a.gif"), "--steps", "5:2"]) == 2
    assert main([*asked, str(tmp_path / "a.avi")]) == 2
    assert main([*asked, str(tmp_path / "nowhere" / "a.gif")]) == 1
    assert capsys.readouterr().err.count("\n") == 3


@pytest.mark.parametrize("tile", TILES)
def test_cells_may_be_as_small_and_as_large_as_they_can_be_drawn(tile, replay_file, tmp_path):
    export(replay_file, tmp_path / "step.png", tile=tile)


@pytest.mark.parametrize("fps", [8, 30, 34, 50])
def test_a_gif_is_as_long_as_its_frames_say(fps, replay_file, tmp_path):
    image = pytest.importorskip("PIL.Image")
    export(replay_file, tmp_path / "a.gif", fps=fps, tile=8)
    with image.open(tmp_path / "a.gif") as picture:
        lengths = []
        for frame in range(picture.n_frames):
            picture.seek(frame)
            lengths.append(picture.info["duration"])
    assert abs(sum(lengths) - 41 * 1000 / fps) <= 10
    assert min(lengths) >= 20, "browsers slow down what is faster"


@pytest.fixture
def half_wrong(episodes, tmp_path):
    """A run's file in which the replays 0 and 2 cannot be simulated as recorded."""
    wrong = {"digests": ("0" * 16,) * len(episodes[0].digests)}
    path = tmp_path / "half.parquet"
    write(path, [replace(episodes[0], **wrong), episodes[1], replace(episodes[2], **wrong)])
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_table_leaves_out_what_cannot_be_simulated_and_names_it(
    ending, half_wrong, tmp_path, capsys
):
    out = tmp_path / f"steps.{ending}"
    export(half_wrong, out)
    read = pyarrow.parquet.read_table if ending == "parquet" else pyarrow.csv.read_csv
    assert set(read(out)["episode"].to_pylist()) == {1}
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith(f"{half_wrong}: replay 0 (counted from 0): after step 16")
    assert said[1].startswith(f"{half_wrong}: replay 2 ")


def test_a_table_of_nothing_is_refused(half_wrong, episodes, tmp_path):
    write(half_wrong, [replace(episodes[0], digests=("0" * 16,) * len(episodes[0].digests))])
    with pytest.raises(ReplayError, match="half.parquet: replay 0 "):
        export(half_wrong, tmp_path / "steps.csv")
    assert not (tmp_path / "steps.csv").exists()


def test_damaged_shards_of_a_run_are_named(run_with_damage, tmp_path, capsys):
    run, shard = run_with_damage
    export(run, tmp_path / "steps.csv")
    assert (tmp_path / "steps.csv").exists()
    said = capsys.readouterr().err
    assert said.startswith(f"{shard}: damaged") and said.count("\n") == 1


def test_export_loads_neither_pygame_nor_ray_nor_torch(replay_file, tmp_path):
    code = (
        "import sys; from pathlib import Path; from viewer.export import export;"
        f"export(Path({str(replay_file)!r}), Path({str(tmp_path / 'a.csv')!r}));"
        "print(sorted({'pygame', 'ray', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
