"""The step of a batch of playground worlds."""

import numpy as np

from worlds.family import EPISODE_ENDED, TRIAL_ENDED
from worlds.playground import record as at
from worlds.playground.act import act
from worlds.playground.atoms import judge
from worlds.playground.constants import ALL_GOALS, ANY_GOAL, FIRST, STATE, STAY
from worlds.playground.goals import holds
from worlds.playground.kernels import inlined, kernel
from worlds.playground.levels import Levels
from worlds.playground.lines import Windows
from worlds.playground.look import look
from worlds.playground.motion import move
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.rules import fire
from worlds.playground.start import note_next_leave, present, start_trial
from worlds.playground.things import leave, one
from worlds.rng import Whole

ENDED_BY_GOALS, ENDED_BY_TIME = 1, 2
_PAY = 1000  # thousandths
_DECAY = 900  # of FIRST: thousandths that are lost until the end of the trial
_ACTIONS = 7


@kernel
def step(
    w: Batch,
    room: Room,
    tables: Levels,
    windows: Windows,
    begin: Whole,
    end: Whole,
    actions: np.ndarray,
    rewards: np.ndarray,
    ends: np.ndarray,
) -> None:
    """One step of the worlds begin..end-1; writes rewards [B, N] thousandths and ends [B]."""
    for b in range(begin, end):
        ends[b] = 0
        w.r8[b, at.TRIAL_OVER] = 0
        for n in range(room.agents):
            rewards[b, n] = 0
        if w.r8[b, at.OVER] != 0:
            continue
        if w.r16[b, at.TIME] == w.r16[b, at.NEXT_LEAVE]:
            _leave(w, room, b)
        _act(w, room, tables, b, actions)
        move(w, room, tables, b)
        before = w.r64[b, at.TRUTH]
        look(w, room, tables, windows, b)
        judge(w, room, tables, b)
        if fire(w, room, b, before):
            look(w, room, tables, windows, b)
            judge(w, room, tables, b)
        _reward(w, room, b, rewards)
        goals = _goals_reached(w, room, b)
        if goals or w.r16[b, at.TIME] == w.r16[b, at.LENGTH]:
            ends[b] = _end_trial(w, room, tables, windows, b, goals)


@inlined
def _leave(w: Batch, room: Room, b: Whole) -> None:
    """Agents whose time is up in this trial go."""
    time = w.r16[b, at.TIME]
    for n in range(np.int64(w.r8[b, at.BODIES])):
        thing = room.objects + n
        if w.r8[b, at.AWAY + thing] != NOTHING and present(w, room, b, n) == time:
            leave(w, room, b, n)
            w.r8[b, at.AWAY + thing] = NOTHING
            w.r64[b, at.TIMED] &= ~one(thing)
    note_next_leave(w, room, b)


@inlined
def _act(w: Batch, room: Room, tables: Levels, b: Whole, actions: np.ndarray) -> None:
    """Agents act one after another; who is first depends on the time."""
    bodies = np.int64(w.r8[b, at.BODIES])
    n = w.r16[b, at.TIME] % bodies
    for _ in range(bodies):
        action = np.int64(actions[b, n])
        if action < 0 or action >= _ACTIONS or w.r8[b, at.AWAY + room.objects + n] != 0:
            action = STAY
        w.r8[b, at.LAST_ACTION + n] = action
        act(w, room, tables, b, n, action)
        n = n + 1 if n + 1 < bodies else 0


@inlined
def _reward(w: Batch, room: Room, b: Whole, rewards: np.ndarray) -> None:
    """The clock goes on, and all agents that are not out of the trial are paid."""
    time = np.int64(w.r16[b, at.TIME]) + 1
    w.r16[b, at.TIME] = time
    trial = w.r16[b, at.TRIAL]
    for n in range(np.int64(w.r8[b, at.BODIES])):
        reward = 0
        if w.r8[b, at.AWAY + room.objects + n] != NOTHING:
            reached = holds(w, b, n)
            mode = w.r8[b, at.REWARD_MODE]
            if mode == STATE:
                reward = _PAY * reached
            elif mode == FIRST:
                if reached and w.r8[b, at.ACHIEVED + n] == 0:
                    reward = _PAY - _DECAY * time // w.r16[b, at.LENGTH]
            elif reached == w.r8[b, at.WANTS + n]:
                reward = _PAY
                w.r8[b, at.WANTS + n] ^= 1
            w.r8[b, at.ACHIEVED + n] |= reached
        rewards[b, n] = reward
        w.r16[b, at.LAST_REWARD + n] = reward
        w.trial_returns[b, n, trial] += reward


@inlined
def _goals_reached(w: Batch, room: Room, b: Whole) -> bool:
    """Whether this trial ends because of goals; agents without one are not asked."""
    trial_end = w.r8[b, at.TRIAL_END]
    if trial_end != ANY_GOAL and trial_end != ALL_GOALS:
        return False
    asked = reached = 0
    for n in range(np.int64(w.r8[b, at.BODIES])):
        if w.r8[b, at.AWAY + room.objects + n] != NOTHING and w.r8[b, at.OPTIONS + n] != 0:
            asked += 1
            reached += w.r8[b, at.ACHIEVED + n]
    return reached > 0 and (trial_end == ANY_GOAL or reached == asked)


@inlined
def _end_trial(
    w: Batch, room: Room, tables: Levels, windows: Windows, b: Whole, goals: bool
) -> Whole:
    """Begins the next trial, or ends the episode; the bits of `ends`."""
    w.r8[b, at.TRIAL_OVER] = 1
    if w.r16[b, at.TRIAL] + 1 == w.r8[b, at.TRIALS]:
        w.r8[b, at.OVER] = ENDED_BY_GOALS if goals else ENDED_BY_TIME
        return TRIAL_ENDED | EPISODE_ENDED
    w.r16[b, at.TRIAL] += 1
    start_trial(w, room, tables, windows, b)
    return TRIAL_ENDED
