"""`pytest tests/simulation --seed N` plays one history again."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="play this history alone")
