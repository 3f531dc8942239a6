"""What is installed is what is here: packages, data files, the lock, the wheel."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("configs", "worlds", "populations", "culture", "viewer")
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "ratchet.py", *ROOMS)


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in pins}


def test_the_package_list_is_what_is_on_disk() -> None:
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for path in (ROOT / room).rglob("__init__.py")
    }
    listed = pyproject()["tool"]["setuptools"]["packages"]
    assert listed == sorted(listed)
    assert set(listed) == found


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_that_it_is_typed(room: str) -> None:
    assert (ROOT / room / "py.typed").exists()


def test_the_lock_pins_every_package_once_and_exactly() -> None:
    pins = locked()
    text = (ROOT / "requirements.lock").read_text()
    assert len(pins) == len([line for line in text.splitlines() if line and line[0] != "#"])
    for pin in pins.values():
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin


def test_the_lock_meets_every_requirement() -> None:
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    pins = locked()
    wanted = [*project["dependencies"], *pyproject()["build-system"]["requires"]]
    wanted += [one for extra in ("viewer", "plot", "cluster", "dev") for one in extras[extra]]
    for requirement in map(Requirement, wanted):
        if requirement.name == "ratchet":
            continue
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(str(pin.specifier)[2:]), f"{requirement}: {pin}"
        if requirement.marker:
            assert pin.marker == requirement.marker


def test_the_lock_takes_the_small_torch() -> None:
    pins = locked()
    assert str(pins["torch"].specifier) == "==2.13.0"
    assert not [name for name in pins if name.startswith(("nvidia", "cuda", "triton"))]


def test_the_version_stands_first_in_the_changelog() -> None:
    version = pyproject()["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert headings[0] == version


def test_the_wheel_holds_the_door_the_rooms_and_their_data(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    made = subprocess.run(
        [*build, "--no-index", "--wheel-dir", str(tmp_path), str(tree)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = {name for name in held if ".dist-info/" not in name}
    files = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".py", ".yaml", ".typed")
    }
    assert ours == files | {"ratchet.py"}
    assert [name for name in held if name.endswith("entry_points.txt")]
    assert [name for name in held if name.endswith("licenses/LICENSE")]
