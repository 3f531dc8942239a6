"""Social learners of Memory Sequence in plain JAX, all of a training step compiled into one function: a yardstick.

    python benchmarks/jax_memory.py [--kind train-time] [--updates 10]

It needs `jax` and nothing of Ratchet. The world and the loop are those that Cook 2024 describes; network, worlds,
epochs and minibatches are as large as those of our presets. Worlds restart by themselves, a rollout is 128 steps of
all, and memory learns through whole rollouts. Episodic learners see noisy oracles; in train-time five frozen
networks act beside the learner, each with its own memory. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

WIDTH, HEAD = 128, 64
STEPS = 128  # of a rollout
GAMMA, DECAY, CLIP, VALUE, ENTROPY, RATE, LONGEST = 0.99, 0.95, 0.2, 0.5, 0.03, 1e-3, 0.5

Arrays = Any  # trees of arrays


class Kind(NamedTuple):
    """The world and the batches of a kind of generations."""

    digits: int
    trials: int
    demonstrators: int
    alone: bool  # sees comments only: no own action, no reward, no trial
    worlds: int
    epochs: int
    minibatches: int = 2
    length: int = 24

    @property
    def seen(self) -> int:
        """Numbers of an observation."""
        shown = self.demonstrators * self.digits + 1
        return shown if self.alone else self.digits + 3 + shown + self.trials


KINDS = {
    "episodic": Kind(3, 4, 3, alone=False, worlds=256, epochs=2),
    "train-time": Kind(10, 1, 5, alone=True, worlds=64, epochs=4),
}


class World(NamedTuple):
    """One world; batches add an axis."""

    digits: jax.Array  # [L]
    chances: jax.Array  # [A] of an oracle to know the digit due
    trial: jax.Array
    position: jax.Array
    action: jax.Array  # the last one, -1 before the first
    reward: jax.Array  # the last one
    trial_over: jax.Array


class Step(NamedTuple):
    """What is kept of a step for learning; [T, W, ...] of a rollout."""

    observation: jax.Array
    begins: jax.Array  # an episode, so memory is blank
    action: jax.Array
    log_prob: jax.Array
    value: jax.Array
    reward: jax.Array
    over: jax.Array


def main() -> None:
    """Trains, and prints what an update took after the first one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=KINDS, default="episodic")
    parser.add_argument("--updates", type=int, default=10)
    asked = parser.parse_args()
    kind, began = KINDS[asked.kind], time.monotonic()
    key, born, elders = jax.random.split(jax.random.key(0), 3)
    params = network(born, kind)
    others = jax.vmap(lambda each: network(each, kind))(
        jax.random.split(elders, kind.demonstrators)
    )
    state = start(key, kind)
    moments = (jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params), 0)
    rates, first = [], 0.0
    for number in range(asked.updates + 1):
        cpu = time.process_time()
        params, moments, state, right = train(params, moments, others, state, number, kind)
        jax.block_until_ready(params)
        if number:
            rates.append(STEPS * kind.worlds / (time.process_time() - cpu))
        else:
            first = time.monotonic() - began
    facts = {"rate": statistics.median(rates), "first": first, "right": float(right)}
    print(json.dumps({"kind": asked.kind, **facts}))


def network(key: jax.Array, kind: Kind) -> Arrays:
    """Fresh weights; a matrix with its bias as the last row."""
    shapes = {
        "encoder": (kind.seen, WIDTH),
        "in": (WIDTH, 3 * WIDTH),
        "memory": (WIDTH, 3 * WIDTH),
        "head": (WIDTH, 2 * HEAD),
        "policy": (HEAD, kind.digits),
        "value": (HEAD, 1),
    }
    made = {}
    for number, (name, (rows, columns)) in enumerate(shapes.items()):
        scale = 0.01 if name == "policy" else 1.0
        drawn = jax.nn.initializers.orthogonal(scale)(
            jax.random.fold_in(key, number), (rows, columns)
        )
        made[name] = jnp.concatenate([drawn, jnp.zeros((1, columns))])
    return made


def linear(weights: jax.Array, x: jax.Array) -> jax.Array:
    """A layer."""
    return x @ weights[:-1] + weights[-1]


def act(params: Arrays, memory: jax.Array, seen: jax.Array) -> tuple[jax.Array, ...]:
    """One step: memory [..., d], observation [..., n] -> memory, logits, value."""
    x = jnp.tanh(linear(params["encoder"], seen))
    r, z, n = jnp.split(linear(params["in"], x), 3, -1)
    hr, hz, hn = jnp.split(linear(params["memory"], memory), 3, -1)
    keep = jax.nn.sigmoid(z + hz)
    fresh = jnp.tanh(n + jax.nn.sigmoid(r + hr) * hn)
    memory = (1 - keep) * fresh + keep * memory
    policy, value = jnp.split(jnp.tanh(linear(params["head"], memory)), 2, -1)
    return memory, linear(params["policy"], policy), linear(params["value"], value)[..., 0]


def start(key: jax.Array, kind: Kind) -> Arrays:
    """Worlds at the start of an episode, blank memories, and whether an episode begins."""
    worlds = kind.worlds
    world = jax.vmap(partial(fresh, kind=kind))(jax.random.split(key, worlds))
    blank = jnp.zeros((worlds, WIDTH)), jnp.zeros((worlds, kind.demonstrators, WIDTH))
    return world, *blank, jnp.ones(worlds, bool)


def fresh(key: jax.Array, kind: Kind) -> World:
    """A new task, and demonstrators who know it more or less, the best last; in train-time always the same task."""
    task, odds = jax.random.split(jax.random.key(1) if kind.alone else key)
    known = jnp.sort(jax.random.uniform(odds, (kind.demonstrators,)))
    nothing = jnp.zeros((), jnp.int32)
    return World(
        digits=jax.random.randint(task, (kind.length,), 0, kind.digits),
        chances=1 - 1 / (1 + 0.5 * known),
        trial=nothing,
        position=nothing,
        action=nothing - 1,
        reward=jnp.zeros(()),
        trial_over=jnp.zeros(()),
    )


def look(world: World, shown: jax.Array, visible: jax.Array, kind: Kind) -> jax.Array:
    """[n] what the learner sees."""
    comments = (jax.nn.one_hot(shown, kind.digits) * visible).reshape(-1)
    if kind.alone:
        return jnp.append(comments, visible)
    own = jax.nn.one_hot(world.action, kind.digits)
    told = jnp.array([world.trial_over, world.reward > 0, world.reward < 0], float)
    trial = jax.nn.one_hot(world.trial, kind.trials)
    return jnp.concatenate([own, told, jnp.append(comments, visible), trial])


def move(world: World, action: jax.Array, key: jax.Array, kind: Kind) -> tuple[World, jax.Array]:
    """The world after an action, begun anew where its episode ended; whether it did."""
    right = action == world.digits[world.position]
    trial_over = ~right | (world.position + 1 == kind.length)
    trial = world.trial + trial_over
    over = trial == kind.trials
    after = world._replace(
        trial=trial,
        position=jnp.where(trial_over, 0, world.position + 1),
        action=action,
        reward=jnp.where(right, 1.0, -1.0),
        trial_over=trial_over.astype(float),
    )
    anew = fresh(key, kind)
    return jax.tree.map(lambda a, b: jnp.where(over, a, b), anew, after), over


def roll(params: Arrays, others: Arrays, state: Arrays, key: jax.Array, kind: Kind) -> Arrays:
    """A rollout: state after it, steps [T, W]."""

    def step(state: Arrays, key: jax.Array) -> Arrays:
        world, memory, memories, begins = state
        sight, comment, choice, anew = jax.random.split(key, 4)
        worlds = len(begins)
        if kind.alone:  # elders see that nobody shows anything
            blank = jnp.zeros((kind.demonstrators, kind.seen)).at[:, -1].set(1.0)
            memories, logits, _ = jax.vmap(lambda one: jax.vmap(act)(others, one, blank))(memories)
            shown = jax.random.categorical(comment, logits)
            chance = jnp.full(worlds, 0.5)
        else:
            knows, any_ = jax.random.split(comment)
            shape = (worlds, kind.demonstrators)
            due = jnp.take_along_axis(world.digits, world.position[:, None], 1)
            known = jax.random.uniform(knows, shape) < world.chances
            shown = jnp.where(known, due, jax.random.randint(any_, shape, 0, kind.digits))
            chance = 1 - world.trial / (kind.trials - 1)
        visible = (jax.random.uniform(sight, (worlds,)) < chance).astype(float)
        seen = jax.vmap(partial(look, kind=kind))(world, shown, visible)
        memory, logits, value = act(params, memory, seen)
        action = jax.random.categorical(choice, logits)
        log_prob = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], 1)[:, 0]
        keys = jax.random.split(anew, worlds)
        after, over = jax.vmap(partial(move, kind=kind))(world, action, keys)
        right = action == jnp.take_along_axis(world.digits, world.position[:, None], 1)[:, 0]
        reward = jnp.where(right, 1.0, -1.0)
        kept = Step(seen, begins, action, log_prob, value, reward, over)
        memory = jnp.where(over[:, None], 0.0, memory)
        memories = jnp.where(over[:, None, None], 0.0, memories)
        return (after, memory, memories, over), kept

    return jax.lax.scan(step, state, jax.random.split(key, STEPS))


def advantages(steps: Step, after: jax.Array) -> jax.Array:
    """[T, W] generalised advantage estimates; `after` [W] is the value of what follows the rollout."""

    def back(carry: Arrays, step: Step) -> Arrays:
        gain, following = carry
        alive = 1.0 - step.over
        surprise = step.reward + GAMMA * following * alive - step.value
        gain = surprise + GAMMA * DECAY * alive * gain
        return (gain, step.value), gain

    return jax.lax.scan(back, (jnp.zeros_like(after), after), steps, reverse=True)[1]


def loss(params: Arrays, memory: jax.Array, steps: Step, gains: jax.Array) -> jax.Array:
    """PPO over a minibatch of worlds, through the whole rollout."""

    def step(memory: jax.Array, now: Arrays) -> Arrays:
        seen, begins = now
        memory, logits, value = act(params, jnp.where(begins[:, None], 0.0, memory), seen)
        return memory, (logits, value)

    _, (logits, values) = jax.lax.scan(step, memory, (steps.observation, steps.begins))
    log_probs = jax.nn.log_softmax(logits)
    taken = jnp.take_along_axis(log_probs, steps.action[..., None], -1)[..., 0]
    ratio, targets = jnp.exp(taken - steps.log_prob), gains + steps.value
    gains = (gains - gains.mean()) / (gains.std() + 1e-6)
    surrogate = jnp.minimum(ratio * gains, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * gains).mean()
    entropy = -(jnp.exp(log_probs) * log_probs).sum(-1).mean()
    return VALUE * jnp.square(values - targets).mean() - surrogate - ENTROPY * entropy


def descend(params: Arrays, moments: Arrays, gradient: Arrays) -> Arrays:
    """A step of Adam along a gradient of at most LONGEST."""
    norm = jnp.sqrt(sum(jnp.square(each).sum() for each in jax.tree.leaves(gradient)))
    gradient = jax.tree.map(lambda each: each * jnp.minimum(1.0, LONGEST / norm), gradient)
    first, second, count = moments
    first = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, first, gradient)
    second = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, second, gradient)
    size = RATE * jnp.sqrt(1 - 0.999 ** (count + 1)) / (1 - 0.9 ** (count + 1))
    params = jax.tree.map(
        lambda p, a, b: p - size * a / (jnp.sqrt(b) + 1e-5), params, first, second
    )
    return params, (first, second, count + 1)


@partial(jax.jit, static_argnames="kind")
def train(
    params: Arrays, moments: Arrays, others: Arrays, state: Arrays, number: int, kind: Kind
) -> Arrays:
    """A rollout and all that is learned from it; -> params, moments, state, share of right digits."""
    key = jax.random.fold_in(jax.random.key(2), number)
    memory, worlds = state[1], len(state[3])
    state, steps = roll(params, others, state, key, kind)
    gains = advantages(steps, steps.value[-1])  # of the last step, near enough for a yardstick

    def minibatch(carry: Arrays, lanes: jax.Array) -> Arrays:
        params, moments = carry
        mine = jax.tree.map(lambda each: each[:, lanes], steps)
        gradient = jax.grad(loss)(params, memory[lanes], mine, gains[:, lanes])
        return descend(params, moments, gradient), None

    orders = [
        jax.random.permutation(jax.random.fold_in(key, epoch), worlds).reshape(kind.minibatches, -1)
        for epoch in range(kind.epochs)
    ]
    (params, moments), _ = jax.lax.scan(minibatch, (params, moments), jnp.concatenate(orders))
    return params, moments, state, (steps.reward > 0).mean()


if __name__ == "__main__":
    main()
