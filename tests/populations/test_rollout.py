"""A rollout is a function of its ticket and weights alone, and shows the young what the ticket says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from populations.networks import ActorCritic
from populations.rollout import NOBODY, NOISE, ORACLE, Played, Ticket, roll
from tests.populations.small import FAMILY, WORLDS, network, networks, played, roster, same, ticket
from tests.populations.small import member as born_member
from worlds.family import NO_ACTION

T, X = FAMILY.horizon, FAMILY.trials
TRIAL = T // X


class Spy(ActorCritic):
    """Notes the memory and the observations it is given, and the memory it hands back."""

    def step(self, observations: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, values, following = super().step(observations, state)
        self.notes.append((state.numpy().copy(), observations.numpy(), following.numpy().copy()))
        return logits, values, following


def spies(count: int = 2) -> list[Spy]:
    made = [network(born_member(f"member {index}")) for index in range(count)]
    for one in made:
        one.__class__ = Spy
        one.notes = []
    return made


def heirlooms(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (WORLDS, 1, 32)).astype(np.float32)


def test_the_same_ticket_gives_the_same_bits() -> None:
    asked = ticket(roster=roster(0, 1), record=WORLDS, keep_heirlooms=True)
    torch.manual_seed(1)
    first = played(asked)
    torch.manual_seed(2)
    assert same(first, played(asked))
    other = played(replace(asked, key=asked.key + 1))
    assert not np.array_equal(first.actions, other.actions)


@pytest.mark.parametrize("more", [{"record": 0}, {"record": 7}, {"keep_heirlooms": True}])
def test_looking_closer_changes_nothing(more: dict) -> None:
    asked = ticket(roster=roster(0, 1), record=WORLDS)
    full, other = played(asked), played(replace(asked, **more))
    assert same(full.trajectories[0], other.trajectories[0])
    assert same(full.trial_returns, other.trial_returns)
    record = more.get("record", WORLDS)
    assert same(np.ascontiguousarray(full.actions[:, :record]), other.actions)
    assert same(np.ascontiguousarray(full.visible[:, :record]), other.visible)


def test_without_a_learner_nothing_but_the_trajectory_is_missing() -> None:
    asked = ticket(roster=roster(0, 1), record=4)
    learning, playing = played(asked), played(replace(asked, learning=()))
    assert playing.trajectories == ()
    assert same(replace(learning, trajectories=()), playing)


@pytest.mark.parametrize("demonstrator", [ORACLE, NOISE, 1])
def test_who_is_never_seen_changes_nothing(demonstrator: int) -> None:
    def young(seat: int, visibility: float) -> Played:
        shown = np.full(X, visibility)
        return played(ticket(roster=roster(0, seat), visibility=shown))

    alone = young(NOBODY, 0.0)
    assert same(alone.trajectories[0], young(demonstrator, 0.0).trajectories[0])
    assert not same(alone.trajectories[0], young(demonstrator, 1.0).trajectories[0])


def test_nobody_never_moves_and_is_never_shown() -> None:
    shown = played(ticket(record=WORLDS, visibility=np.ones(X)))
    assert (shown.actions[:, :, 1] == NO_ACTION).all()
    assert (shown.trial_returns[:, 1] == 0).all() and not shown.visible.any()
    assert shown.steps == WORLDS * T
    assert same(shown.trajectories[0], played(ticket(visibility=np.zeros(X))).trajectories[0])


def test_an_oracle_earns_what_the_world_promises() -> None:
    asked = ticket(roster=roster(ORACLE, ORACLE), learning=())
    done = played(asked)
    np.testing.assert_array_equal(done.returns[:, 0], FAMILY.oracle_returns(asked.rows))
    assert done.returns.dtype == done.trial_returns.dtype == np.float32
    assert done.returns[:, 1].min() >= 0 < done.returns[:, 1].mean()
    noisy = played(replace(asked, oracle_noise=0.5))
    assert noisy.returns[:, 0].mean() < 0.7 * done.returns[:, 0].mean()


def test_noise_moves_evenly_and_unlike_its_neighbours() -> None:
    done = played(ticket(roster=roster(NOISE, NOISE), learning=(), record=WORLDS))
    counts = np.bincount(done.actions.reshape(-1), minlength=3) / done.actions.size
    np.testing.assert_allclose(counts, 1 / 3, atol=0.04)
    lives = {done.actions[:, world, agent].tobytes() for world in range(WORLDS) for agent in (0, 1)}
    assert len(lives) == 2 * WORLDS


def test_each_world_gets_the_seats_that_its_roster_names() -> None:
    kinds = (ORACLE, NOISE, NOBODY)
    mixed = roster(0, NOBODY)
    mixed[:, 1] = np.resize(kinds, WORLDS)
    done = played(ticket(roster=mixed, record=WORLDS))
    for offset, kind in enumerate(kinds):
        pure = played(ticket(roster=roster(0, kind), record=WORLDS))
        mine = np.arange(offset, WORLDS, len(kinds))
        np.testing.assert_array_equal(done.actions[:, mine, 1], pure.actions[:, mine, 1])
    assert done.steps == T * (WORLDS + np.sum(mixed[:, 1] != NOBODY))


@pytest.mark.parametrize("worlds", [1, 33, 63])
def test_a_batch_that_is_no_multiple_of_32_is_refused(worlds: int) -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        roll(FAMILY, ticket(worlds=worlds), networks())


@pytest.mark.parametrize("penalty", [0.0, 0.25, 1.0])
def test_what_is_played_is_what_the_world_says_of_the_recorded_actions(penalty: float) -> None:
    asked = ticket(roster=roster(0, 1), record=WORLDS, penalty=penalty)
    done, state = played(asked), FAMILY.state(WORLDS)
    FAMILY.reset(state, asked.rows)
    sums = np.zeros((WORLDS, 2, X))
    for t in range(T):
        rewards, ends = FAMILY.step(state, done.actions[t])
        lived = np.where(rewards[:, 0] < 0, rewards[:, 0] * penalty, rewards[:, 0]) / 1000
        np.testing.assert_allclose(done.trajectories[0].rewards[t], lived, atol=1e-6)
        np.testing.assert_array_equal(done.trajectories[0].ends[t], ends >> 1)
        sums[:, :, t // TRIAL] += rewards / 1000
    np.testing.assert_allclose(done.trial_returns, sums, atol=1e-5)
    np.testing.assert_allclose(done.returns, sums.sum(-1), atol=1e-5)
    assert done.trajectories[0].ends[:-1].sum() == 0 and done.trajectories[0].ends[-1].all()
    assert (done.returns < 0).any()  # else the penalty is not tried
    assert done.steps == 2 * WORLDS * T


def test_the_penalty_is_learned_from_and_never_reported() -> None:
    dear, cheap = (played(ticket(penalty=penalty)) for penalty in (1.0, 0.0))
    assert same(dear.trial_returns, cheap.trial_returns)
    assert dear.trajectories[0].rewards.min() == -1 and cheap.trajectories[0].rewards.min() == 0


def test_a_trajectory_holds_what_its_member_saw_thought_and_did() -> None:
    asked = ticket(roster=roster(0, 1), record=WORLDS)
    lived = played(asked).trajectories[0]
    who = networks()[0]
    with torch.no_grad():
        logits, values = who.sequence(torch.from_numpy(lived.observations), who.start(WORLDS))
    log_probs = torch.log_softmax(logits, -1).numpy()
    taken = np.take_along_axis(log_probs, lived.actions[..., None], -1)[..., 0]
    np.testing.assert_allclose(lived.log_probs, taken, atol=1e-5)
    np.testing.assert_allclose(lived.values, values.numpy(), atol=1e-5)
    np.testing.assert_array_equal(lived.actions, played(asked).actions[:, :, 0])
    frequencies = np.bincount(lived.actions.reshape(-1), minlength=3) / lived.actions.size
    np.testing.assert_allclose(frequencies, np.exp(log_probs).mean((0, 1)), atol=0.04)


def test_the_greedy_do_what_they_think_best_whatever_the_key() -> None:
    asked = ticket(greedy=True, visibility=np.zeros(X))
    one, other = played(asked), played(replace(asked, key=asked.key + 1))
    assert same(one.trajectories[0], other.trajectories[0])


def test_in_self_play_one_member_fills_every_seat() -> None:
    done = played(ticket(roster=roster(0, 0), record=WORLDS), count=1)
    assert done.trajectories[0].actions.shape == (T, 2 * WORLDS)
    np.testing.assert_array_equal(done.trajectories[0].actions, done.actions.reshape(T, -1))


def test_the_young_keep_their_memory_over_trials() -> None:
    made = spies()
    roll(FAMILY, ticket(roster=roster(0, 1), start_memory=heirlooms()), made)
    assert not made[0].notes[0][0].any()
    for (_, _, before), (after, _, _) in zip(made[0].notes, made[0].notes[1:], strict=False):
        np.testing.assert_array_equal(after, before)


def test_an_elder_begins_each_trial_with_its_heirloom_and_lives_in_its_last() -> None:
    made, given = spies(), heirlooms()
    roll(FAMILY, ticket(roster=roster(0, 1), start_memory=given), made)
    part, _ = FAMILY.layout["trial"]
    for t, (state, seen, _) in enumerate(made[1].notes):
        expected = given[:, 0] if t % TRIAL == 0 else made[1].notes[t - 1][2]
        np.testing.assert_array_equal(state, expected)
        np.testing.assert_array_equal(seen[:, part], np.eye(X)[np.full(len(seen), X - 1)])
    for t, (_, seen, _) in enumerate(made[0].notes):  # but the young count their trials
        np.testing.assert_array_equal(seen[:, part], np.eye(X)[np.full(len(seen), t // TRIAL)])


def test_an_elder_may_begin_with_its_heirloom_and_go_on_with_a_memory_of_its_own() -> None:
    made, given = spies(), heirlooms()
    roll(FAMILY, ticket(roster=roster(0, 1), start_memory=given, start_once=True), made)
    part, _ = FAMILY.layout["trial"]
    for t, (state, seen, _) in enumerate(made[1].notes):
        np.testing.assert_array_equal(state, made[1].notes[t - 1][2] if t else given[:, 0])
        np.testing.assert_array_equal(seen[:, part], np.eye(X)[np.full(len(seen), t // TRIAL)])


def test_a_member_that_plays_both_seats_keeps_its_two_memories_apart() -> None:
    made, given = spies(1), heirlooms()
    asked = ticket(roster=roster(0, 0), start_memory=given, keep_heirlooms=True)
    kept = roll(FAMILY, asked, made).memory
    for t, (state, _, _) in enumerate(made[0].notes):
        before = made[0].notes[t - 1][2] if t else np.zeros_like(state)
        np.testing.assert_array_equal(state[0::2], before[0::2])
        np.testing.assert_array_equal(state[1::2], before[1::2] if t % TRIAL else given[:, 0])
    np.testing.assert_array_equal(kept, made[0].notes[T - TRIAL][0][0::2])


def test_the_heirloom_is_the_memory_of_the_young_before_its_last_trial() -> None:
    made = spies()
    kept = roll(FAMILY, ticket(roster=roster(0, 1), keep_heirlooms=True), made).memory
    np.testing.assert_array_equal(kept, made[0].notes[T - TRIAL][0])


def test_heirlooms_find_their_worlds_where_members_share_a_seat() -> None:
    made, given, mixed = spies(3), heirlooms(), roster(0, 1)
    mixed[1::2, 1] = 2
    roll(FAMILY, ticket(roster=mixed, start_memory=given), made)
    np.testing.assert_array_equal(made[1].notes[TRIAL][0][: WORLDS // 2], given[0::2, 0])
    np.testing.assert_array_equal(made[2].notes[TRIAL][0][: WORLDS // 2], given[1::2, 0])


def test_the_demonstrator_is_seen_as_often_as_the_ticket_says() -> None:
    asked: Ticket = ticket(worlds=256, roster=roster(0, ORACLE, worlds=256), record=256)
    seen = played(asked).visible.reshape(X, TRIAL, 256)
    assert seen[0].all() and not seen[2].any()
    assert abs(seen[1].mean() - 0.5) < 0.04  # 2048 draws
    assert 0.3 < seen[1].mean(0).std() * TRIAL**0.5 / 0.5 < 1.7  # drawn at each step, not once
