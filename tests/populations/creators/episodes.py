"""Outcomes made by hand, for the tests of what creators do with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from populations.creators.creator import NEW, Outcomes, Proposal


def proposal(tasks: Sequence[int]) -> Proposal:
    """One row (task, 0) per number."""
    rows = np.stack([np.array(tasks), np.zeros(len(tasks))], axis=1).astype(np.int16)
    n = len(rows)
    return Proposal(rows, np.full(n, NEW, np.uint8), np.zeros(n, np.uint64), np.ones(n, bool))


def outcomes(
    tasks: Sequence[int],
    returns: Sequence[float],
    elders: Sequence[float] | None = None,
    rosters: Sequence[int] | None = None,
    agents: Sequence[int] | None = None,
    controls: Sequence[float] | None = None,
    **signals: Sequence[float],
) -> Outcomes:
    """One episode per number in `tasks`, each of a row of its own."""
    n = len(tasks)
    return Outcomes(
        proposal=proposal(tasks),
        task=np.arange(n, dtype=np.int32),
        agent=np.array(agents or [0] * n, np.int16),
        member=np.zeros(n, np.int16),
        roster=np.array(rosters or [0] * n, np.uint64),
        returns=np.array(returns, np.float32),
        elder_returns=np.array(elders or [np.nan] * n, np.float32),
        control_returns=np.array(controls or [np.nan] * n, np.float32),
        signals={name: np.array(values, np.float32) for name, values in signals.items()},
        steps=np.ones(n, np.int32),
        train=np.ones(n, bool),
    )
