"""Exported pictures and tables hold the replay, and no window is needed for them."""

import shutil
import subprocess
import sys

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.viewer.conftest import ROOT
from viewer.export import ExportError, export
from viewer.story import tell


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
        ("replay.gif", {"tile": 5000}, "tile"),
        ("replay.gif", {"steps": (5, 2)}, "first comes before"),
        ("replay.gif", {"agent_view": 2}, "agents are 0 to 1"),
        ("replay.gif", {"replay": 3}, "counted from 0"),
        ("nowhere/replay.gif", {}, "cannot be written"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_cure(out, arguments, words, replay_file, tmp_path):
    with pytest.raises(ExportError, match=words):
        export(replay_file, tmp_path / out, **arguments)
    assert not list(tmp_path.iterdir())


def test_export_loads_neither_pygame_nor_ray_nor_torch(replay_file, tmp_path):
    code = (
        "import sys; from pathlib import Path; from viewer.export import export;"
        f"export(Path({str(replay_file)!r}), Path({str(tmp_path / 'a.csv')!r}));"
        "print(sorted({'pygame', 'ray', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
