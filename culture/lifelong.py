"""Lifelong learning in numbers: what learning one thing does to another, to what was learned before, and to speed.

Performance is a matrix `c` [..., N, M]: after block i of a stream, on task j. `...` are draws or runs,
or nothing. NaN in the matrix is what nobody measured, NaN in a result what is not defined there: each
function says when. Means leave NaN out.
"""

from __future__ import annotations

import warnings

import numpy as np

NEVER = -1  # the row of a task that is learned in no block; as a task, a block that learns none
TOLERANCE = 0.01  # shares that differ by less are taken as equal
LEAST_SATURATION = 0.2  # of the reference's; below it nothing was learned (New 2022)


def transfer(
    c: np.ndarray, learned: np.ndarray | None = None, before: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Every measure of transfer between the tasks of a stream, by name: [...], NaN where it is not defined.

    `learned` [N] is the task of each block, or NEVER; by default task i in block i. Tasks that no
    block learns are told of by forward transfer alone. `before` [..., M] is performance ahead of the
    first block. Raises ValueError for shapes that do not fit.

    New 2022, means over pairs of block and task, or over tasks:
        forward_transfer, forward_ratio    (b - a) / (b + a) and b / a of a task not yet learned, a
                                           before and b after a block that learns another one
        backward_transfer, backward_ratio  the same of a task that was learned before
        maintenance                        c less what it was right after the task's latest block
    Lopez-Paz 2017, with k(j) the block in which task j is first learned:
        acc        c[N - 1, j]                      after the whole stream
        bwt        c[N - 1, j] - c[k(j), j]         of tasks before the last one; below 0: forgotten
        zero_shot  c[k(j) - 1, j] - before[j]       FWT: of tasks after the first, needs `before`
    Liu 2023 (LIBERO):
        nbt        mean over t > k(j) of c[k(j), j] - c[t, j]     what is lost of a task, on average
        auc        mean over t >= k(j) of c[t, j]   with c[k(j), j] for the speed of learning, see `fwt`

    NaN: of contrasts and ratios where b + a or a is not above 0; of all that look back where nothing
    was learned before, as in a stream of one block; of those that look ahead without `before`, in
    the first block.
    """
    c, learned, before = _checked(c, learned, before)
    blocks, tasks = c.shape[-2:]
    now = learned[:, None] == np.arange(tasks)  # [N, M]
    latest = np.where(now, np.arange(blocks)[:, None], NEVER)
    latest = np.maximum.accumulate(latest, 0)  # the block that last learned a task, up to this one
    earlier = (latest != NEVER) & ~now
    ahead = latest == NEVER
    previous = np.concatenate([before[..., None, :], c[..., :-1, :]], -2)
    contrasts, ratios = _contrast(previous, c), _ratio(previous, c)
    kept = np.take_along_axis(c, np.broadcast_to(np.maximum(latest, 0), c.shape), -2)
    maintained = _mean(np.where(earlier, c - kept, np.nan), -2)  # of each task
    return {
        "forward_transfer": _mean(np.where(ahead, contrasts, np.nan), (-2, -1)),
        "forward_ratio": _mean(np.where(ahead, ratios, np.nan), (-2, -1)),
        "backward_transfer": _mean(np.where(earlier, contrasts, np.nan), (-2, -1)),
        "backward_ratio": _mean(np.where(earlier, ratios, np.nan), (-2, -1)),
        "maintenance": _mean(maintained, -1),
        **_from_first(c, now, previous, before),
    }


def fwt(curve: np.ndarray) -> np.ndarray:
    """[...] the mean of a learning curve [..., E], kept at its best from there on: how soon it is good (Liu 2023)."""
    curve = np.asarray(curve, float)
    best = curve.argmax(-1)[..., None]
    frozen = np.where(np.arange(curve.shape[-1]) > best, curve.max(-1, keepdims=True), curve)
    return np.asarray(frozen.mean(-1))


def relative_performance(curve: np.ndarray, reference: np.ndarray) -> float:
    """The sum of a curve [E] over that of a reference [F], both as far as the shorter one (New 2022).

    NaN where the reference's sum is not above 0.
    """
    n = min(len(curve), len(reference))
    return float(_ratio(np.sum(reference[:n]), np.sum(curve[:n])))


def sample_efficiency(
    curve: np.ndarray, steps: np.ndarray, reference: np.ndarray, reference_steps: np.ndarray
) -> float:
    """(best / best of the reference) x (steps to that best / steps to its own): 2 is twice as good or as soon.

    Curves [E] and the experience at their points, after New 2022, without smoothing: our points are
    means over a suite. 0 where the curve falls (slope of least squares) or its best is below a fifth
    of the reference's. NaN where the reference never rises above 0 or is best at once, for it
    learned nothing, and where the curve is best at once without falling: it had nothing to learn.
    """
    best, known = np.max(curve), np.max(reference)
    needed, reference_needed = steps[np.argmax(curve)], reference_steps[np.argmax(reference)]
    if known <= 0 or reference_needed <= 0:
        return float("nan")
    if _slope(steps, curve) < 0 or best < LEAST_SATURATION * known:
        return 0.0
    if needed <= 0:
        return float("nan")
    return float(best / known * reference_needed / needed)


def steps_to(curve: np.ndarray, steps: np.ndarray, level: float) -> float:
    """The experience at the first point [E] that is no less than a level; inf if there is none."""
    reached = np.flatnonzero(np.asarray(curve) >= level)
    return float(steps[reached[0]]) if len(reached) else float("inf")


def recovery(times: np.ndarray) -> float:
    """Performance recovery: minus the Theil-Sen slope of successive times of recovery [n] (New 2022).

    The median over pairs i < j of (times[j] - times[i]) / (j - i); above 0 the later ones are
    sooner back. NaN for fewer than two.
    """
    times = np.asarray(times, float)
    first, second = np.triu_indices(len(times), 1)
    if not len(first):
        return float("nan")
    return float(-np.median((times[second] - times[first]) / (second - first)))


def generations(c: np.ndarray, tolerance: float = TOLERANCE) -> dict[str, np.ndarray]:
    """What each generation has over those before it, from c [..., G, S] on suites or kinds of tasks.

        accumulation   [..., G, S]  c[g] - c[g - 1]
        slippage       [..., G, S]  max over h < g of c[h], less c[g]; below 0: a new best
        ratchet_share  [..., G]     share of the S on which c[g] >= max over h < g of c[h] - tolerance

    NaN in the first generation, before which there is none.
    """
    c = np.asarray(c, float)
    nobody = np.full_like(c[..., :1, :], np.nan)
    elders = np.concatenate([nobody, c[..., :-1, :]], -2)
    best = np.concatenate([nobody, np.maximum.accumulate(c, -2)[..., :-1, :]], -2)
    held = np.where(np.isnan(best - c), np.nan, c >= best - tolerance)
    return {"accumulation": c - elders, "slippage": best - c, "ratchet_share": _mean(held, -1)}


def _checked(
    c: np.ndarray, learned: np.ndarray | None, before: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    c = np.asarray(c, float)
    if c.ndim < 2 or not c.shape[-2]:
        raise ValueError(f"c has shape {c.shape}, allowed is (..., blocks, tasks)")
    blocks, tasks = c.shape[-2:]
    if learned is None:
        learned = np.where(np.arange(blocks) < tasks, np.arange(blocks), NEVER)
    learned = np.asarray(learned)
    if learned.shape != (blocks,) or (learned < NEVER).any() or (learned >= tasks).any():
        raise ValueError(
            f"learned is {learned.tolist()}, allowed are {blocks} tasks {NEVER}..{tasks - 1}"
        )
    nothing = np.full_like(c[..., 0, :], np.nan)
    before = nothing if before is None else np.asarray(before, float)
    if before.shape != nothing.shape:
        raise ValueError(f"before has shape {before.shape}, allowed is {nothing.shape}")
    return c, learned, before


def _from_first(
    c: np.ndarray, now: np.ndarray, previous: np.ndarray, before: np.ndarray
) -> dict[str, np.ndarray]:
    """Measures of sources in which a task is learned once: the first time counts."""
    blocks = np.arange(len(now))
    tasks = np.flatnonzero(now.any(0))
    first = now[:, tasks].argmax(0)  # [m]
    c, before = c[..., tasks], before[..., tasks]
    at_first, ahead = c[..., first, np.arange(len(tasks))], previous[..., tasks]
    ahead = np.where(first > 0, ahead[..., first, np.arange(len(tasks))], np.nan)
    after, since = blocks[:, None] > first, blocks[:, None] >= first  # [N, m]
    lost = _mean(np.where(after, at_first[..., None, :] - c, np.nan), -2)
    return {
        "acc": _mean(c[..., -1, :], -1),
        "bwt": _mean(np.where(first < len(blocks) - 1, c[..., -1, :] - at_first, np.nan), -1),
        "zero_shot": _mean(ahead - before, -1),
        "nbt": _mean(lost, -1),
        "auc": _mean(_mean(np.where(since, c, np.nan), -2), -1),
    }


def _contrast(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return _ratio(a + b, b - a)


def _ratio(whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """`part` / `whole`; NaN where the whole is not above 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def _mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The mean of what is known; NaN where that is nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of which numpy warns
        return np.asarray(np.nanmean(values, axis))


def _slope(steps: np.ndarray, curve: np.ndarray) -> float:
    """Of the straight line nearest to a curve."""
    apart = steps - np.mean(steps)
    return float((apart * curve).sum())  # of the same sign: the sum of squares is left out
