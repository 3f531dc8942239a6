"""Two settings are the same experiment if all that shapes results is equal."""

import re

import pytest

from configs.load import difference, digest, load, only_resumable
from configs.schema import Settings


def test_the_digest_is_a_sha256_and_repeats() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", digest(Settings()))
    assert digest(load("debug")) == digest(load("debug", []))


@pytest.mark.parametrize("override", ["workers=0", "run.dir=here", "run.keep=5"])
def test_where_and_by_whom_is_not_identity(override: str) -> None:
    assert digest(load(None, [override])) == digest(Settings())
    assert only_resumable(Settings(), load(None, [override]))


@pytest.mark.parametrize("override", ["seed=1", "world.size=6", "learner.gamma=0.98"])
def test_what_shapes_results_is_identity(override: str) -> None:
    assert digest(load(None, [override])) != digest(Settings())
    assert not only_resumable(Settings(), load(None, [override]))


def test_a_difference_names_key_and_both_values() -> None:
    changed = load(None, ["world.size=7", "run.dir=s3://anna:secret@bucket", "workers=0"])
    assert difference(Settings(), changed) == [
        "workers: 2 -> 0",
        "world.size: 5 -> 7",
        'run.dir: "" -> "s3://***@bucket"',
    ]
    assert difference(changed, changed) == []
