"""The step of a batch of playground worlds."""

import numpy as np

from worlds.family import EPISODE_ENDED, TRIAL_ENDED
from worlds.kernels import inlined, kernel
from worlds.playground.constants import ALL_GOALS, ANY_GOAL, FIRST, STATE, STAY
from worlds.playground.engine import record as at
from worlds.playground.engine.act import act
from worlds.playground.engine.atoms import judge
from worlds.playground.engine.goals import holds
from worlds.playground.engine.look import expect, look
from worlds.playground.engine.memory import byte, number, put_byte, put_number, put_word, word
from worlds.playground.engine.motion import move
from worlds.playground.engine.record import NOTHING, World, read_header, world
from worlds.playground.engine.rules import fire
from worlds.playground.engine.start import note_next_leave, present
from worlds.playground.engine.things import leave, one
from worlds.rng import Whole

ENDED_BY_GOALS, ENDED_BY_TIME = 1, 2
BLOCK = 16  # worlds that move before they look, while their lines of the tables are fetched
_PAY = 1000  # thousandths
_DECAY = 900  # of FIRST: thousandths that are lost until the end of the trial
_ACTIONS = 7


@kernel
def step(
    header: Whole,
    begin: Whole,
    end: Whole,
    actions: np.ndarray,
    rewards: np.ndarray,
    ends: np.ndarray,
    returns: np.ndarray,
) -> Whole:
    """One step of the worlds begin..end-1; in how many of them `begin_trials` must follow.

    Writes rewards int16 [B, N] and ends uint8 [B]; adds to returns int32 [B, N, X]. In thousandths.
    """
    worlds = read_header(header)
    trials = 0
    for block in range(begin, end, BLOCK):
        stop = min(block + BLOCK, end)
        for b in range(block, stop):
            w = world(worlds, b)
            ends[b] = 0
            rewards[b] = 0
            put_byte(w.record, at.TRIAL_OVER, 0)
            if byte(w.record, at.OVER) == 0:
                _act(w, actions[b])
                move(w)
                expect(w)
        for b in range(block, stop):
            w = world(worlds, b)
            if byte(w.record, at.OVER) == 0:
                _judge_all(w)
                _reward(w, rewards[b], returns[b])
                ends[b] = _ends(w)
                trials += ends[b] == TRIAL_ENDED
    return trials


@inlined
def _judge_all(w: World) -> None:
    """What is seen and true, once more if rules fire."""
    before = word(w.record, at.TRUTH)
    for again in range(2):
        look(w)
        judge(w)
        if again or not fire(w, before):
            break


@inlined
def _leave(w: World) -> None:
    """Agents whose time is up in this trial go."""
    time = number(w.record, at.TIME)
    for n in range(byte(w.record, at.BODIES)):
        thing = w.objects + n
        if byte(w.record, at.AWAY + thing) != NOTHING and present(w, n) == time:
            leave(w, n)
            put_byte(w.record, at.AWAY + thing, NOTHING)
            put_word(w.record, at.TIMED, word(w.record, at.TIMED) & ~one(thing))
    note_next_leave(w)


@inlined
def _act(w: World, actions: np.ndarray) -> None:
    """Agents act one after another; who is first depends on the time."""
    if number(w.record, at.TIME) == number(w.record, at.NEXT_LEAVE):
        _leave(w)
    bodies = byte(w.record, at.BODIES)
    n: Whole = number(w.record, at.TIME) % bodies
    for _ in range(bodies):
        action: Whole = np.int64(actions[n])
        if action < 0 or action >= _ACTIONS or byte(w.record, at.AWAY + w.objects + n) != 0:
            action = STAY
        put_byte(w.record, at.LAST_ACTION + n, action)
        act(w, n, action)
        n = n + 1 if n + 1 < bodies else 0


@inlined
def _reward(w: World, rewards: np.ndarray, returns: np.ndarray) -> None:
    """The clock goes on, and all agents that are not out of the trial are paid."""
    time = np.int64(number(w.record, at.TIME)) + 1
    put_number(w.record, at.TIME, time)
    trial = number(w.record, at.TRIAL)
    for n in range(byte(w.record, at.BODIES)):
        reward = 0
        if byte(w.record, at.AWAY + w.objects + n) != NOTHING:
            reached = holds(w, n)
            mode = byte(w.record, at.REWARD_MODE)
            if mode == STATE:
                reward = _PAY * reached
            elif mode == FIRST:
                if reached and byte(w.record, at.ACHIEVED + n) == 0:
                    reward = _PAY - _DECAY * time // number(w.record, at.LENGTH)
            elif reached == byte(w.record, at.WANTS + n):
                reward = _PAY
                put_byte(w.record, at.WANTS + n, byte(w.record, at.WANTS + n) ^ 1)
            put_byte(w.record, at.ACHIEVED + n, byte(w.record, at.ACHIEVED + n) | reached)
        rewards[n] = reward
        put_number(w.record, at.LAST_REWARD + n, reward)
        returns[n, trial] += reward


@inlined
def _goals_reached(w: World) -> bool:
    """Whether this trial ends because of goals; agents without one are not asked."""
    trial_end = byte(w.record, at.TRIAL_END)
    if trial_end != ANY_GOAL and trial_end != ALL_GOALS:
        return False
    asked = reached = 0
    for n in range(byte(w.record, at.BODIES)):
        if (
            byte(w.record, at.AWAY + w.objects + n) != NOTHING
            and byte(w.record, at.OPTIONS + n) != 0
        ):
            asked += 1
            reached += byte(w.record, at.ACHIEVED + n)
    return reached > 0 and (trial_end == ANY_GOAL or reached == asked)


@inlined
def _ends(w: World) -> Whole:
    """The bits of `ends` after a step."""
    goals = _goals_reached(w)
    if not goals and number(w.record, at.TIME) != number(w.record, at.LENGTH):
        return 0
    put_byte(w.record, at.TRIAL_OVER, 1)
    if number(w.record, at.TRIAL) + 1 != byte(w.record, at.TRIALS):
        return TRIAL_ENDED
    put_byte(w.record, at.OVER, ENDED_BY_GOALS if goals else ENDED_BY_TIME)
    return TRIAL_ENDED | EPISODE_ENDED
