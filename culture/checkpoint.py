"""Checkpoints: the folder whose rename commits a generation, the manifest that proves it whole."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs import limits
from culture.encode import FORMAT, Piece
from culture.files import TEMPORARY, DamagedError, Files, remove
from worlds import formats
from worlds.formats import FormatError, generation_name, generation_of

FOLDER = "checkpoints"
JOURNAL = "metrics.jsonl"
COMPLETE = "complete"
MANIFEST = "manifest.json"
CONTENT = sorted([COMPLETE, MANIFEST, "state.json", "state.safetensors"])
LARGEST_FILE = formats.TENSOR_FILE_BYTES
RECORDS = (  # folders of record files
    "classroom",
    "curriculum",
    "lineage",
    "members",
    "metrics",
    "recordings",
    "replays",
    "tasks",
    "trials",
)
FOLDERS = (*RECORDS, FOLDER, "logs")
NOTHING = -1  # the newest generation of a run without a commit
HELDOUT = "tasks/heldout.parquet"
BEST = "members/best.json"


@dataclass(frozen=True)
class Identity:
    """To which run a checkpoint belongs."""

    run: str  # id in run.json
    settings: str  # digest of all settings that shape the results


@dataclass(frozen=True)
class Whole:
    """A checkpoint that passed every check; `damaged` tells of files a resume does not need."""

    generation: int
    manifest: dict[str, Any]
    damaged: tuple[str, ...]  # one sentence each


def name_of(generation: int) -> str:
    """`checkpoints/g0007` for 7: the path below the run folder."""
    return f"{FOLDER}/{generation_name(generation)}"


def write(
    files: Files,
    root: Path,
    generation: int,
    state: Mapping[str, Piece],
    manifest: Mapping[str, Any],
) -> None:
    """Makes a checkpoint durable under a temporary name, then renames it: that is the commit."""
    folder = root / FOLDER
    target = root / name_of(generation)
    temporary = folder / (TEMPORARY + target.name)
    try:
        if temporary.exists():
            remove(files, temporary)
        files.mkdir(temporary)
        text = formats.to_json(manifest, indent=2)
        complete = hashlib.sha256(text).hexdigest().encode() + b"\n"
        contents = {name: piece.data for name, piece in state.items()} | {
            MANIFEST: text,
            COMPLETE: complete,
        }
        for name, data in contents.items():
            files.create(temporary / name, data)
            files.fsync(temporary / name)
        files.fsync_dir(temporary)
        files.rename(temporary, target)
        files.fsync_dir(folder)
    except BaseException:
        with suppress(OSError):
            if temporary.exists():
                remove(files, temporary)
        raise


def manifest(
    generation: int,
    identity: Identity,
    pieces: Mapping[str, Piece],
    journal: tuple[int, str],
    **more: Any,
) -> dict[str, Any]:
    """What a checkpoint says of itself: size, SHA-256 and need of each file, journal length."""
    return {
        "format": FORMAT,
        "run": identity.run,
        "settings": identity.settings,
        "generation": generation,
        "files": {
            path: {"size": len(piece.data), "sha256": piece.digest, "needed": piece.needed}
            for path, piece in pieces.items()
        },
        "journal": {"size": journal[0], "sha256": journal[1]},
        **more,
    }


def generations(files: Files, root: Path) -> list[int]:
    """Generations that have a checkpoint folder, whole or not, in order."""
    found = {
        generation_of(name)
        for name in files.list(root / FOLDER)
        if "." not in name and "-" not in name
    }
    return sorted(generation for generation in found if generation is not None)


def check(files: Files, root: Path, generation: int, identity: Identity) -> Whole:
    """The checkpoint, each file compared with the manifest; FormatError names file and damage."""
    folder = formats.below(root, name_of(generation))
    where = name_of(generation)
    if not folder.is_dir():
        raise FormatError(f"{where}: is not a folder")
    names = files.list(folder)
    if names != CONTENT:
        missing, extra = sorted(set(CONTENT) - set(names)), sorted(set(names) - set(CONTENT))
        raise FormatError(
            f"{where}: "
            + (f"{missing[0]} is missing" if missing else f"{extra[0]} does not belong there")
        )
    text = formats.read_bytes(folder / MANIFEST, limits.JSON_BYTES)
    complete = formats.read_bytes(folder / COMPLETE, 128)
    if complete != hashlib.sha256(text).hexdigest().encode() + b"\n":
        raise FormatError(f"{where}/{MANIFEST}: is not what {COMPLETE} was written for")
    content = formats.parse_json(text, f"{where}/{MANIFEST}")
    _check_manifest(content, generation, identity, where)
    damaged = []
    for path, entry in content["files"].items():
        problem = _difference(root, path, entry)
        if problem and entry["needed"]:
            raise FormatError(problem)
        if problem:
            damaged.append(problem)
    journal_prefix(root, content)
    return Whole(generation, content, tuple(damaged))


def journal_prefix(root: Path, content: Mapping[str, Any]) -> bytes:
    """The bytes of metrics.jsonl that a checkpoint commits; FormatError if they are others now."""
    size = content["journal"]["size"]
    data = formats.read_bytes(formats.below(root, JOURNAL), limits.PARQUET_BYTES)
    if len(data) < size:
        raise FormatError(f"{JOURNAL}: {len(data)} bytes, {size} were committed")
    if hashlib.sha256(data[:size]).hexdigest() != content["journal"]["sha256"]:
        raise FormatError(f"{JOURNAL}: its first {size} bytes are not those committed")
    return data[:size]


def prune(files: Files, root: Path, keep: int) -> None:
    """Removes all but the newest checkpoints; `complete` goes first, so that no half is a whole."""
    old = generations(files, root)[: -max(keep, 2)]
    for generation in old:
        remove(files, root / name_of(generation), first=COMPLETE)
    if old:
        files.fsync_dir(root / FOLDER)


def set_aside(files: Files, root: Path, generation: int) -> str:
    """Moves a damaged checkpoint to `checkpoints/damaged-gNNNN`; returns that path."""
    folder = root / FOLDER
    taken = files.list(folder)
    name = plain = f"damaged-{generation_name(generation)}"
    number = 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    files.rename(root / name_of(generation), folder / name)
    files.fsync_dir(folder)
    return f"{FOLDER}/{name}"


def newest_whole(
    files: Files, root: Path, identity: Identity, recorded: int
) -> tuple[Whole | None, list[str]]:
    """The newest whole checkpoint, None if nothing was ever committed, and what was mended.

    Damaged ones after it are set aside, half-removed ones before it removed. Raises DamagedError,
    nothing changed, if there were commits (`recorded` of them by run.json) and none is whole.
    """
    found = generations(files, root)
    reasons: dict[int, str] = {}
    for generation in reversed(found):
        try:
            whole = check(files, root, generation, identity)
        except FormatError as problem:
            reasons[generation] = str(problem).replace(f"{root}/", "", 1)
            continue
        told = []
        for damaged, reason in reasons.items():
            moved = set_aside(files, root, damaged)
            told.append(f"{reason}: generation {damaged} is now {moved} and will be made again")
        told += [f"{problem}: the run goes on without it" for problem in whole.damaged]
        for older in found:
            folder = root / name_of(older)
            if older < generation and not (folder / COMPLETE).exists():
                remove(files, folder)
        return whole, told
    if reasons or recorded:
        listed = "; ".join(reasons.values()) or "there is no checkpoint"
        raise DamagedError(
            f"{root}: {max(len(reasons), recorded)} generations were committed, none is whole "
            f"({listed}): put back a copy of the files, or start a new run"
        )
    return None, []


def undo(files: Files, root: Path, generation: int) -> None:
    """Takes back a checkpoint that was not acknowledged: first out of sight, then away."""
    target = root / name_of(generation)
    if target.exists():
        temporary = target.parent / (TEMPORARY + target.name)
        files.rename(target, temporary)
        files.fsync_dir(target.parent)
        remove(files, temporary)


def digest(path: str | Path, generation: int, known: dict[str, str] | None = None) -> str:
    """SHA-256 over all that was learned: the journal, the record files, the newest state.

    It is taken over path below the run folder and SHA-256 of each file, in order of path: equal for
    equal content wherever the run lies. `known` holds digests of files that cannot have changed,
    and is added to. Raises FormatError if a file is missing.
    """
    root = Path(path)
    known = {} if known is None else known
    names = [JOURNAL]
    if generation != NOTHING:
        names += [f"{name_of(generation)}/state.{kind}" for kind in ("json", "safetensors")]
    for folder in RECORDS:
        for file in (root / folder).rglob("*"):
            name = file.relative_to(root).as_posix()
            kept_by_people = folder == "replays" and formats.generation_of(file.name) is None
            if file.is_file() and not kept_by_people and TEMPORARY not in name:
                names.append(name)
    total = hashlib.sha256()
    for name in sorted(names):
        if name == JOURNAL or name not in known:
            known[name] = file_digest(root / name)[1]
        total.update(f"{name}\0{known[name]}\n".encode())
    return total.hexdigest()


def file_digest(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a regular file, read in pieces. Raises FormatError."""
    total, digest = 0, hashlib.sha256()
    with open(formats.open_file(path, LARGEST_FILE), "rb") as file:
        while block := file.read(limits.MIB):
            total += len(block)
            digest.update(block)
    return total, digest.hexdigest()


def _difference(root: Path, path: str, entry: Mapping[str, Any]) -> str:
    """One sentence on how a file differs from its entry in the manifest, empty if it does not."""
    try:
        size, digest = file_digest(formats.below(root, path))
    except FormatError as problem:
        return str(problem).replace(f"{root}/", "", 1)
    if size != entry["size"]:
        return f"{path}: {size} bytes, {entry['size']} were committed"
    if digest != entry["sha256"]:
        return f"{path}: its content is not what was committed"
    return ""


def _check_manifest(content: Any, generation: int, identity: Identity, where: str) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise FormatError(f"{where}/{MANIFEST}: is not a manifest")
    if content["format"] > FORMAT:
        raise FormatError(
            f"{where}: format {content['format']}; this ratchet reads {FORMAT}: update ratchet"
        )
    if content.get("run") != identity.run:
        raise FormatError(f"{where}: belongs to another run")
    if content.get("generation") != generation:
        raise FormatError(f"{where}: holds generation {content.get('generation')}")
    if content.get("settings") != identity.settings:
        raise FormatError(f"{where}: was made with other settings than config.yaml has")
    entries = content.get("files")
    journal = content.get("journal")
    if not isinstance(entries, dict) or not all(_is_entry(entry) for entry in entries.values()):
        raise FormatError(f"{where}/{MANIFEST}: its list of files is not one")
    if not isinstance(journal, dict) or not _is_entry({**journal, "needed": True}):
        raise FormatError(f"{where}/{MANIFEST}: says nothing of {JOURNAL}")
    for name in ("state.json", "state.safetensors"):
        if f"{where}/{name}" not in entries:
            raise FormatError(f"{where}/{MANIFEST}: does not list {name}")


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {"size", "sha256", "needed"}
        and type(entry["size"]) is int
        and entry["size"] >= 0
        and isinstance(entry["sha256"], str)
        and isinstance(entry["needed"], bool)
    )
