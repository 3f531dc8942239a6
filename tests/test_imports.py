"""The rooms keep to themselves: who imports whom, what is never imported, and the form of every file."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("configs", "worlds", "populations", "culture", "viewer")
MODULES = sorted(
    [
        ROOT / "ratchet.py",
        *(path for room in ROOMS for path in (ROOT / room).rglob("*.py")),
    ]
)
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

# Design, section 3: the arrows between rooms; a room may always import itself.
ARROWS = {
    "configs": set(),
    "worlds": {"configs"},
    "populations": {"configs", "worlds"},
    "culture": {"configs", "worlds", "populations"},
    "viewer": {"configs", "worlds"},
    "ratchet.py": {"configs", "worlds", "populations", "culture", "viewer"},
}
# A person's window is opened by the viewer, inside the function that needs it.
UPWARD = {("worlds/parallel_env.py", "viewer")}

# What may be imported only in these files or rooms.
ONLY = {
    "ray": {
        "populations/workers.py",
        "populations/learner.py",
        "populations/group.py",
        "culture/submit.py",
        "culture/doctor.py",
    },
    "torch": {"populations", "culture/doctor.py"},
    "pygame": {"viewer"},
    "omegaconf": {"configs/load.py"},
    "yaml": {"configs"},
    "rich": {"culture/progress.py"},
    "filelock": {"culture"},
    "PIL": {"viewer"},
    "matplotlib": {"viewer/charts.py"},
    "pandas": set(),
    "networkx": set(),
}

# Formats that run code when they are read, and the calls that do.
FORBIDDEN_MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "np.load",
    "np.save",
    "np.savez",
    "numpy.load",
    "numpy.save",
    "torch.load",
    "torch.save",
    "yaml.load",
    "yaml.unsafe_load",
    "Algorithm.from_checkpoint",
}
LONGEST = 450  # lines of a file
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" + "XX")


def test_imports_follow_the_arrows() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name in NAMES
        for imported in imports(name)
        if (other := imported.split(".")[0]) in ROOMS
        and other not in {name.split("/")[0], *ARROWS[name.split("/")[0]]}
        and (name, other) not in UPWARD
    ]
    assert not wrong


def test_nobody_imports_the_door() -> None:
    assert not [name for name in NAMES if "ratchet" in set(imports(name))]


def test_heavy_packages_stay_where_they_belong() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name in NAMES
        for imported in imports(name)
        if (package := imported.split(".")[0]) in ONLY
        and not {name, name.split("/")[0]} & ONLY[package]
    ]
    assert not wrong


def test_heavy_packages_are_imported_inside_functions_of_the_door() -> None:
    top = [name for node in tree("ratchet.py").body for name in _imported(node)]
    assert not [name for name in top if name.split(".")[0] in (*ROOMS, *ONLY, "numpy", "numba")]


def test_populations_init_imports_nothing() -> None:
    assert not list(imports("populations/__init__.py"))


def test_no_file_can_run_code_that_was_read() -> None:
    wrong = []
    for name in NAMES:
        calls = [node for node in ast.walk(tree(name)) if isinstance(node, ast.Call)]
        found = {imported.split(".")[0] for imported in imports(name)} & FORBIDDEN_MODULES
        found |= {_dotted(call.func) for call in calls} & FORBIDDEN_CALLS
        found |= {k.arg for call in calls for k in call.keywords if k.arg == "allow_pickle"}
        wrong += [f"{name}: {one}" for one in sorted(found)]
    assert not wrong


def test_every_file_says_first_what_it_is_for() -> None:
    first = {name: (ast.get_docstring(tree(name)) or "").split("\n\n")[0] for name in NAMES}
    assert not [f"{name}: {text!r}" for name, text in first.items() if not text.endswith(".")]


def test_every_file_can_be_read_at_a_sitting() -> None:
    texts = {name: (ROOT / name).read_text() for name in NAMES}
    lengths = {name: len(text.splitlines()) for name, text in texts.items()}
    assert not {name: length for name, length in lengths.items() if length > LONGEST}
    assert not [name for name, text in texts.items() if any(w in text for w in UNFINISHED)]
    assert not [name for name in NAMES if Path(name).stem in ("utils", "helpers", "common")]


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


@cache
def tree(name: str) -> ast.Module:
    """The syntax of a file."""
    return ast.parse((ROOT / name).read_text())


def imports(name: str) -> list[str]:
    """Every module a file imports anywhere, by its full name."""
    return [imported for node in ast.walk(tree(name)) for imported in _imported(node)]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name the room: from worlds.rng import ..."
        return [node.module or ""]
    if (
        isinstance(node, ast.Call)
        and _dotted(node.func) in ("import_module", "importlib.import_module", "__import__")
        and isinstance(node.args[0], ast.Constant)
    ):
        return [str(node.args[0].value)]
    return []


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""
