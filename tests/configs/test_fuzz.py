"""Whatever a settings file or an override holds, it gives settings or our error (H5)."""

import random
from importlib import resources
from pathlib import Path

import pytest

from configs.load import SettingsError, load, shipped, to_yaml
from configs.schema import Settings

TOKENS = [
    *(b"${seed}", b"${", b"}", b"{", b"[", b"]", b"&a ", b"*a", b"!!int ", b"!x", b"? ", b"- "),
    *(b": ", b":", b"\n", b"\n  ", b"\t", b"# ", b'"', b"'", b"|\n", b">\n", b"---\n", b"...\n"),
    *(b"%YAML 1.1\n", b"<<: ", b"~", b"null", b"yes", b".nan", b"1e999", b"0x", b"012", b"12:30"),
    *(b"\x00", b"\xff", b"\xe2\x80\xa8", b"\xc2\x85", b"\xef\xbb\xbf", b"9" * 5_000, b"a" * 5_000),
    *(b"extends: debug\n", b"extends: [debug, cluster]\n", b"world", b"seed", b"???", b"\\"),
]
ALPHABET = "${}[]:.,='\"!&*|>-#%@` \tabz019_\x00\ud800\u2028"


def seeds() -> list[bytes]:
    """Files to start from: all shipped ones, and one that says everything."""
    files = [(resources.files("configs") / f"{name}.yaml").read_bytes() for name in shipped()]
    return [*files, to_yaml(Settings(), comments=False).encode(), to_yaml(Settings()).encode()]


def mutated(data: bytes, draw: random.Random) -> bytes:
    """`data` with one to six bytes, tokens or stretches changed."""
    content = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        start = draw.randrange(len(content) + 1)
        end = min(len(content), start + draw.choice([0, 1, 1, 5, 50]))
        change = draw.randrange(4)
        if change == 0:
            content[start:end] = draw.choice(TOKENS)
        elif change == 1:
            content[start:end] = bytes([draw.randrange(256)])
        elif change == 2:
            del content[start:end]
        else:
            content[start:start] = content[start:end] * draw.choice([1, 2, 30])
    return bytes(content)


def outcome(path: Path) -> None:
    """Loads `path`: settings that can be written, or an error that can be shown."""
    try:
        settings = load(path)
    except SettingsError as error:
        assert error.problems and "see: ratchet config" in str(error)
        assert all(problem.text and "\n" not in problem.text for problem in error.problems)
    else:
        path.write_text(to_yaml(settings), encoding="utf-8")
        assert load(path, trusted=False) == settings


@pytest.mark.parametrize("seed", range(8))
def test_a_mutated_file_gives_settings_or_our_error(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    path = tmp_path / "exp.yaml"
    for data in seeds() * 6:
        path.write_bytes(mutated(data, draw))
        outcome(path)


@pytest.mark.parametrize("seed", range(2))
def test_a_mutated_override_gives_settings_or_our_error(seed: int) -> None:
    draw = random.Random(seed)
    starts = [
        "world.size=7",
        "run.dir=runs/x",
        "learner.clip=0.2",
        "seed=${workers}",
        "world={a: 1}",
    ]
    for start in starts * 20:
        letters = list(start)
        for _ in range(draw.randint(1, 5)):
            letters.insert(draw.randrange(len(letters) + 1), draw.choice(ALPHABET))
        try:
            assert isinstance(load(None, ["".join(letters)]), Settings)
        except SettingsError as error:
            assert error.problems
