"""Replays as files for others: moving pictures, stills and tables of steps; needs no window."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from viewer.output import ExportError, ExportUsageError, replace_file
from viewer.shelf import Shelf, open_shelf
from viewer.story import Story
from viewer.text import clean
from worlds.episode import ReplayError
from worlds.family import NO_ACTION
from worlds.render import TILES

MOST_FRAMES = 5000
MOST_PIXELS = 1 << 27  # of all frames together; pillow keeps those of an .apng in memory
MOST_ROWS = 5_000_000
FASTEST = {".gif": 50}  # frames a second; browsers slow a gif down that is faster. Others: 60
PICTURES = (".gif", ".webp", ".png", ".apng", ".mp4")
TABLES = (".parquet", ".csv")


def export(
    path: Path,
    out: Path,
    steps: tuple[int, int] | None = None,
    agent_view: int | None = None,
    fps: int = 8,
    tile: int = 32,
    replay: int = 0,
) -> None:
    """Write the replays at `path` (a run folder or a replay file) to `out`; its ending says how.

    .gif, .webp, .apng and .mp4 are moving pictures of replay number `replay` (from 0), .png a still of its first step;
    `steps` (first, last) bounds them, `agent_view` shows what that agent sees, `tile` is the pixels of a cell. .parquet
    and .csv hold the steps of all replays with the columns of RLDS (observations in Parquet only).
    What is damaged or cannot be simulated is named on stderr and left out of a table.
    Raises ExportError, or FormatError, ReplayError and FileNotFoundError for `path`.
    """
    ending = out.suffix.lower()
    if ending not in PICTURES + TABLES:
        raise ExportUsageError(
            f"{out}: unknown ending {ending!r}; known are {', '.join(PICTURES + TABLES)}"
        )
    fastest = FASTEST.get(ending, 60)
    if not 1 <= fps <= fastest or not TILES[0] <= tile <= TILES[1]:
        raise ExportUsageError(
            f"fps {fps} and tile {tile}: "
            f"fps of {ending} is 1 to {fastest}, tile {TILES[0]} to {TILES[1]} pixels"
        )
    shelf = open_shelf(path)
    _complain(shelf.problems)
    if not len(shelf):
        raise ExportError(f"{path}: no replays to export{shelf.outlook}")
    if ending in TABLES:
        replace_file(out, lambda part: _write_table(shelf, part, ending, steps))
        return
    if not 0 <= replay < len(shelf):
        raise ExportUsageError(
            f"{path}: no replay {replay}; there are {len(shelf)}, counted from 0"
        )
    story = shelf.story(replay)
    if agent_view is not None and not 0 <= agent_view < story.agents:
        raise ExportUsageError(
            f"agent {agent_view} is not there; agents are 0 to {story.agents - 1}"
        )
    first, last = _bounds(steps, story.length)
    last = first if ending == ".png" else last
    sample = _frame(story, first, agent_view, tile)
    if (
        last - first + 1 > MOST_FRAMES
        or (last - first + 1) * sample.shape[0] * sample.shape[1] > MOST_PIXELS
    ):
        raise ExportError(
            f"{out}: {last - first + 1} frames of {tile}-pixel cells are too many: choose --steps A:B"
        )
    frames = (_frame(story, step, agent_view, tile) for step in range(first, last + 1))
    write = _write_video if ending == ".mp4" else _write_picture
    replace_file(out, lambda part: write(frames, part, ending, fps))


def _complain(problems: Iterable[str]) -> None:
    for problem in problems:
        print(clean(problem), file=sys.stderr)


def _bounds(steps: tuple[int, int] | None, length: int) -> tuple[int, int]:
    first, last = steps if steps is not None else (0, length)
    if not 0 <= first <= last:
        raise ExportUsageError(f"steps {first}:{last}: the first comes before the last, from 0")
    if first > length:
        raise ExportUsageError(f"steps {first}:{last}: there are only {length} steps")
    return first, min(last, length)


def _frame(story: Story, step: int, agent_view: int | None, tile: int) -> np.ndarray:
    return story.frame(step, tile) if agent_view is None else story.view(step, agent_view, tile)


def _write_picture(frames: Iterator[np.ndarray], part: Path, ending: str, fps: int) -> None:
    try:
        from PIL import Image
    except ImportError:
        raise ExportError(f"{ending} pictures need pillow: pip install 'ratchet[viewer]'") from None
    images = (Image.fromarray(frame) for frame in frames)
    first = next(images)
    if ending == ".png":
        first.save(part, format="PNG")
        return
    # A gif counts in hundredths of a second, so its frames differ in length at most speeds.
    ends = [100 * number // fps * 10 for number in range(MOST_FRAMES + 1)]
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": list(images) if ending == ".apng" else images,  # pillow reads these twice
        "duration": np.diff(ends).tolist() if ending == ".gif" else round(1000 / fps),
        "loop": 0,
    }
    if ending == ".webp":
        options |= {"lossless": True, "method": 3}
    first.save(part, format={".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}[ending], **options)


def _write_video(frames: Iterator[np.ndarray], part: Path, ending: str, fps: int) -> None:
    first = next(frames)
    height, width = first.shape[0] // 2 * 2, first.shape[1] // 2 * 2  # H.264 wants even edges
    taken = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{width}x{height}",
        "-r",
        str(fps),
        "-i",
        "-",
    ]
    made = ["-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart", "-f", "mp4", str(part)]
    command = [_ffmpeg(), "-loglevel", "error", "-y", *taken, *made]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        )
        assert process.stdin is not None
        try:
            process.stdin.write(first[:height, :width].tobytes())
            for frame in frames:
                process.stdin.write(frame[:height, :width].tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has ended early; its own words follow
        if process.wait() != 0:
            complaints.seek(0)
            words = complaints.read(400).decode(errors="replace").strip()
            raise ExportError(f"ffmpeg could not make the video: {words}")


def _ffmpeg() -> str:
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # type: ignore[import-not-found]
    except ImportError:
        raise ExportError(
            "mp4 needs ffmpeg: install it, or pip install 'ratchet[video]', or write .webp instead"
        ) from None
    return str(get_ffmpeg_exe())


def _write_table(shelf: Shelf, part: Path, ending: str, steps: tuple[int, int] | None) -> None:
    """One row per episode, step and agent; the last row of an episode holds its last observation and no action."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    longest = max(episode.length for episode in shelf.episodes)
    first, last = _bounds(steps, longest)
    spans = [(first, min(last, episode.length)) for episode in shelf.episodes]
    rows = sum(
        max(last - first + 1, 0) * len(e.agents)
        for (first, last), e in zip(spans, shelf.episodes, strict=True)
    )
    if rows > MOST_ROWS:
        raise ExportError(f"{rows} rows are more than {MOST_ROWS}: choose --steps A:B")
    schema = pa.schema(
        [
            ("episode", pa.int32()),
            ("step", pa.int32()),
            ("agent", pa.string()),
            *([("observation", pa.list_(pa.uint8()))] if ending == ".parquet" else []),
            ("action", pa.int8()),
            ("reward", pa.float32()),
            ("is_first", pa.bool_()),
            ("is_last", pa.bool_()),
            ("is_terminal", pa.bool_()),
            ("discount", pa.float32()),
        ]
    )
    batches = (
        pa.RecordBatch.from_pydict(
            _columns(story, number, *spans[number], ending == ".parquet"), schema
        )
        for number, story in _stories(shelf)
    )
    if ending == ".parquet":
        with pa.parquet.ParquetWriter(part, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
    else:
        with pa.csv.CSVWriter(str(part), schema) as writer:
            for batch in batches:
                writer.write_batch(batch)


def _stories(shelf: Shelf) -> Iterator[tuple[int, Story]]:
    """The stories that can be told and their numbers; the others are named on stderr, unless all are such."""
    problems = []
    for number in range(len(shelf)):
        try:
            yield number, shelf.story(number)
        except ReplayError as problem:
            problems.append(str(problem))
    if len(problems) == len(shelf):
        raise ReplayError(problems[0])
    _complain(problems)


def _columns(story: Story, number: int, first: int, last: int, observed: bool) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {
        name: []
        for name in ("step", "agent", "action", "reward", "is_first", "is_last", "discount")
    }
    observations: list[np.ndarray] = []
    episode = story.episode
    for step in range(first, last + 1):
        ended = step == story.length
        if observed:
            observations += list(story.views[step])
        for agent, who in enumerate(episode.agents):
            action = None if ended else int(episode.actions[step, agent])
            columns["step"].append(step)
            columns["agent"].append(who.name)
            columns["action"].append(NO_ACTION if action == 255 else action)
            columns["reward"].append(0.0 if ended else int(episode.rewards[step, agent]) / 1000)
            columns["is_first"].append(step == 0)
            columns["is_last"].append(ended)
            columns["discount"].append(0.0 if ended else 1.0)
    columns["episode"] = [number] * len(columns["step"])
    columns["is_terminal"] = columns["is_last"]
    if observed:
        columns["observation"] = observations
    return columns
