"""Wrong settings are told all at once, each with place, key, what was found and the cure (B1).

After a change of the schema: `python -m tests.configs.test_errors` writes `errors.txt` anew and
prints the difference.
"""

import difflib
import os
import tempfile
from pathlib import Path

import pytest

from configs import limits
from configs.load import SettingsError, load

GOLDEN = Path(__file__).with_name("errors.txt")
FILE = "exp.yaml"


def cases() -> dict[str, dict[str, str]]:
    """Title -> part -> text, of every block of the golden file."""
    blocks = GOLDEN.read_text(encoding="utf-8").split("=== ")[1:]
    found: dict[str, dict[str, str]] = {}
    for block in blocks:
        title, *parts = block.split("--- ")
        split = [part.partition("\n") for part in parts]
        found[title.strip()] = {name: text.rstrip("\n") for name, _, text in split}
    assert len(found) == len(blocks), "two cases have the same title"
    return found


def told(parts: dict[str, str]) -> str:
    """What `load` says of a case; `\\t` stands for a tab."""
    source = parts.get("source")
    if FILE in parts:
        source = FILE
        Path(FILE).write_text(parts[FILE].replace("\\t", "\t") + "\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(source, parts.get("command line", "").splitlines())
    return str(caught.value)


def problem(content: bytes, folder: Path) -> str:
    """The only problem of a file with `content`."""
    path = folder / FILE
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(path)
    (only,) = caught.value.problems
    return f"{only.where.removeprefix(str(folder) + os.sep)} {only.text}"


@pytest.mark.parametrize("title", cases())
def test_a_bad_setting_gives_its_golden_message(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = cases()[title]
    assert told(parts) == parts["problems"]


def test_there_are_enough_golden_cases() -> None:
    assert len(cases()) >= 33


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"seed: 1\n\x00", "exp.yaml:2 not text: character U+0000"),
        (b"\xff\xfe\x00s", "exp.yaml not text: byte 0 is not UTF-8"),
        (b"seed: 1\n" * 200_000, "exp.yaml too large: more than 1,048,576 bytes"),
        (b"[" * 100_000, "exp.yaml too many brackets: 100,000; at most 5,000"),
        (b"${" * 100_000, "exp.yaml too many brackets: 100,000; at most 5,000"),
        (b"seed: " + b"[" * 5_000, "exp.yaml:1 too deep: more than 32 levels"),
        (b"- " * 100_000, "exp.yaml:1 too deep: more than 32 levels"),
        (b"x:\n" + b"- 1\n" * 30_000, "exp.yaml:19999 too many values: more than 20,000"),
    ],
)
def test_a_file_beyond_the_limits_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    assert problem(content, tmp_path) == message


@pytest.mark.parametrize("value", ["${seed}" * 1_000, "a" * 5_000, "1" * 100_000])
@pytest.mark.parametrize("key", ["seed", "run.dir"])
def test_a_long_value_is_refused_and_not_repeated_in_full(
    key: str, value: str, tmp_path: Path
) -> None:
    section, _, name = key.rpartition(".")
    text = f"{section}: {{{name}: '{value}'}}" if section else f"{key}: {value}"
    said = problem(text.encode(), tmp_path)
    assert len(said) < 250


def test_references_cannot_grow_a_value_without_end(tmp_path: Path) -> None:
    path = tmp_path / FILE
    big = "x" * 4_000
    path.write_text(f'run: {{dir: "{big}"}}\nray: {{address: "{"${run.dir}" * 400}"}}\n')
    with pytest.raises(SettingsError, match="ray.address  grows beyond 4,096 letters"):
        load(path)


def test_no_more_problems_are_shown_than_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("".join(f"key{number}: 1\n" for number in range(5_000)))
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert len(caught.value.problems) == limits.SETTINGS_PROBLEMS + 1
    assert "further problems are not shown" in caught.value.problems[-1].text


def test_too_many_overrides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SETTINGS_OVERRIDES", 2)
    with pytest.raises(SettingsError, match="more than 2 settings"):
        load(None, ["seed=1", "workers=1", "world.size=7"])


def test_a_folder_and_a_device_are_not_settings(tmp_path: Path) -> None:
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(SettingsError, match="not a file"):
            load(path)


def test_a_chain_of_files_ends(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\n")
    with pytest.raises(SettingsError, match="more than 16 files"):
        load(tmp_path / "0.yaml")


def regenerate() -> None:
    """Writes the golden file from what is said now, and prints what changed."""
    old = GOLDEN.read_text(encoding="utf-8")
    blocks = []
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for title, parts in cases().items():
            parts["problems"] = told(parts)
            body = "".join(f"--- {name}\n{text}\n" for name, text in parts.items())
            blocks.append(f"=== {title}\n{body}")
        os.chdir(here)
    new = "\n".join(blocks)
    GOLDEN.write_text(new, encoding="utf-8")
    print("\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)))


if __name__ == "__main__":
    regenerate()
