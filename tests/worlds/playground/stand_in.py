"""Worlds of the plain Python oracle with the named arrays of a state, and their observations."""

from types import SimpleNamespace

import numpy as np

from worlds.family import Layout
from worlds.playground.constants import CHANNELS, Sizes
from worlds.playground.reference import ReferenceWorld
from worlds.playground.task import Task, to_row


def state_of(task: Task, sizes: Sizes, one: ReferenceWorld, visible: int = 1) -> SimpleNamespace:
    """A batch of one world as far as pictures need it."""
    spare = sizes.agents - one.bodies
    points = np.zeros((1, sizes.agents, sizes.trials), np.int32)
    points[0, : one.bodies, one.trial] = one.last_rewards
    return SimpleNamespace(
        rows=to_row(task, sizes)[None],
        kinds=np.array([one.kinds], np.int8),
        cells=np.array([one.cells], np.int8),
        facings=np.array([one.facings], np.int8),
        hands=np.array([one.hands + [-1] * spare], np.int8),
        frozen=np.array([one.frozen], np.int16),
        away=np.array([one.away], np.int16),
        cooldowns=np.array([one.cooldowns + [0] * spare], np.int8),
        truth=np.array([one.truth], np.uint32),
        trial=np.array([one.trial], np.int16),
        time=np.array([one.time], np.int16),
        trial_returns=points,
        visible=np.array([visible], np.uint8),
    )


def layout_of(sizes: Sizes) -> Layout:
    """Where a window and a body stand in an observation that holds nothing else."""
    window = CHANNELS * sizes.view * sizes.view
    return {
        "view": (slice(0, window), (CHANNELS, sizes.view, sizes.view)),
        "body": (slice(window, window + 16), (16,)),
    }


def observation_of(one: ReferenceWorld, agent: int) -> np.ndarray:
    """What an agent sees and knows of its body, uint8, as `layout_of` lays it out."""
    view = np.array(one.view_of(agent)).transpose(2, 0, 1)
    task = one.task
    clock = [one.trial, task.trials, 255 * one.time // task.trial_length, task.trial_length]
    body = one.body_marks(agent) + [one.last_actions[agent], 0, *clock, task.reward_mode, 0]
    return np.concatenate([view.ravel(), np.minimum(body, 255)]).astype(np.uint8)
