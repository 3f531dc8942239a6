"""What an update costs, against PPO as one would write it down, and whether anything is lost by it.

    python benchmarks/learning.py [--json] [--quick] [--curves]

Rows are agent-steps learned from per CPU-second, on what newborn members of the presets `quickstart`
(goal_sequence) and `playground` lived through; both sides of a ratio are timed in turn in this process.
`plain` is the same arithmetic with torch's own GRU and a loop over minibatches, nothing else. With
`--curves`, members of five seeds learn in each way from equally many agent-steps, and a table tells the
mean return of their last quarter, 95 % intervals over seeds, and the paired difference to the first way.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from benchmarks.harness import REPEATS, Row, document, half_width, measure, rate_row, show  # noqa: E402
from configs.load import load  # noqa: E402
from configs.schema import Learner  # noqa: E402
from populations import memories, networks, ppo  # noqa: E402
from populations.gru import gru  # noqa: E402
from populations.member import born, network_of  # noqa: E402
from populations.rollout import NOBODY, Played, Ticket, roll  # noqa: E402
from worlds import rng  # noqa: E402
from worlds.family import Family  # noqa: E402
from worlds.from_settings import family_of  # noqa: E402

RATE = "agent-steps/CPU-second"
ADAM_EPSILON = 1e-5
SEEDS = 5
CURVE_STEPS = {"quickstart": 100_000, "playground": 200_000}


def main() -> None:
    """Prints a table, or one JSON document with --json; or learning curves with --curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="goal_sequence alone, hidden 64 alone")
    parser.add_argument("--curves", nargs="*", metavar="PRESET", help="learning curves instead")
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS), help="of the curves")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.curves is not None:
        curves(options.curves or list(CURVE_STEPS), options.ways)
        return
    sizes = (64,) if options.quick else (64, 128)
    presets = ("quickstart",) if options.quick else ("quickstart", "playground")
    found = [row for hidden in sizes for preset in presets for row in updates(preset, hidden)]
    found += [row for hidden in sizes for row in units(hidden)]
    if options.json:
        print(json.dumps(document("learning", found), indent=2))
    else:
        show("learning", found)


# Rows.


def updates(preset: str, hidden: int) -> list[Row]:
    """What an update of a preset's member costs."""
    settings = load(preset, [f"learner.hidden={hidden}"])
    learner, family = settings.learner, family_of(settings, settings.world.trials)
    member = born("ada", family, learner, rng.key(1))
    network = network_of(member.weights, family, learner)
    adam = optimiser(network, learner.learning_rate)

    def play() -> Played:
        return episodes(family, network, settings.population.worlds, rng.key(2))

    (lived,) = play().trajectories
    batch = ppo.prepare(lived, ppo.advantages(lived, learner.gamma, learner.gae_lambda))
    steps = batch.steps

    def ours() -> None:
        ppo.update(network, adam, batch, learner, 1)

    def row(name: str, other: Callable[[], Any], value: Callable[[], Any] = ours) -> Row:
        return rate_row(f"{name}, {family.name} h{hidden}", RATE, (steps, steps), value, other)

    def half() -> None:
        plain(network, adam, batch, learner, dtype=torch.bfloat16)

    learning, playing = measure(ours), measure(play)
    share = learning / (learning + playing)
    return [
        row("update", lambda: plain(network, adam, batch, learner)),
        row("update in bfloat16", ours, half),
        row("update, an epoch less", ours, lambda: fewer(network, adam, batch, learner)),
        Row(
            f"share of learning, {family.name} h{hidden}",
            share,
            "of CPU time",
            None,
            None,
            learning,
        ),
    ]


def units(hidden: int) -> list[Row]:
    """The recurrent unit alone, forwards and backwards, and what cutting 64 steps into 16 would gain."""

    def call(steps: int, lanes: int, torch_s: bool = False) -> Callable[[], None]:
        made = nn.GRU(hidden, hidden)
        inputs = torch.randn(steps, lanes, hidden, requires_grad=True)
        start, gradient = torch.zeros(lanes, hidden), torch.randn(steps, lanes, hidden)

        def run() -> None:
            for _ in range(5):
                found = (
                    made(inputs, start[None])[0]
                    if torch_s
                    else gru(inputs, start, *made.parameters())
                )
                found.backward(gradient)

        return run

    def row(name: str, value: tuple[int, int], other: Callable[[], None]) -> Row:
        count = 5 * value[0] * value[1]
        return rate_row(f"{name} h{hidden}", RATE, (count, count), call(*value), other, 2 * REPEATS)

    return [
        row("gru, 20 steps of 32", (20, 32), call(20, 32, torch_s=True)),
        row("gru, 64 steps of 16", (64, 16), call(64, 16, torch_s=True)),
        row("gru, 16 steps of 64, against 64 of 16", (16, 64), call(64, 16)),
    ]


def plain(
    network: networks.ActorCritic,
    adam: torch.optim.Optimizer,
    batch: ppo.Batch,
    learner: Learner,
    seed: int = 1,
    dtype: torch.dtype = torch.float32,
) -> None:
    """PPO as one would write it down, with torch's own GRU; with another `dtype` the network runs in it."""
    lanes = batch.actions.shape[1]
    generator = torch.Generator().manual_seed(seed)
    for _ in range(learner.epochs):
        for part in torch.randperm(lanes, generator=generator).chunk(learner.minibatches):
            with torch_gru(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
                start = network.start(len(part))
                logits, values = network.sequence(batch.observations[:, part], start)
            policy = torch.distributions.Categorical(logits=logits.float(), validate_args=False)
            ratio = (policy.log_prob(batch.actions[:, part]) - batch.log_probs[:, part]).exp()
            advantages = batch.advantages[:, part]
            clipped = ratio.clamp(1 - learner.clip, 1 + learner.clip)
            gain = torch.min(ratio * advantages, clipped * advantages)
            errors = (values.float() - batch.targets[:, part]).square()
            loss = learner.value_weight * errors - gain - learner.entropy_weight * policy.entropy()
            lived = torch.ones_like(loss) if batch.lived is None else batch.lived[:, part]
            adam.zero_grad()
            ((loss * lived).sum() / lived.sum()).backward()
            nn.utils.clip_grad_norm_(network.parameters(), learner.max_grad_norm)
            adam.step()


def fewer(
    network: networks.ActorCritic, adam: torch.optim.Optimizer, batch: ppo.Batch, learner: Learner
) -> None:
    """An update with an epoch less."""
    ppo.update(network, adam, batch, replace(learner, epochs=learner.epochs - 1), 1)


@contextmanager
def torch_gru():
    """Networks use torch's own GRU meanwhile."""

    def sequence(inputs: Tensor, start: Tensor, *more: Tensor | None) -> Tensor:
        *weights, counts = more
        assert counts is None, "torch's own takes whole rectangles only"
        return torch._VF.gru(inputs, start[None], weights, True, 1, 0.0, False, False, False)[0]

    memories.gru = sequence
    try:
        yield
    finally:
        memories.gru = gru


# Learning curves.


@dataclass(frozen=True)
class Way:
    """How members learn in a curve."""

    plain: bool = False  # with the update of `plain`
    less: int = 0  # epochs less than the preset
    normalise: bool = False
    scale: float = 1.0  # of the rewards that they learn from


WAYS = {
    "ours": Way(),
    "plain": Way(plain=True),
    "an epoch less": Way(less=1),
    "normalised": Way(normalise=True),
    "rewards x30": Way(scale=30.0),
    "rewards x30, normalised": Way(scale=30.0, normalise=True),
}


def curves(presets: list[str], ways: list[str]) -> None:
    """Prints a line for each way: mean return of the last quarter of iterations, 95 % interval over seeds."""
    for preset in presets:
        first: list[float] = []
        for name in ways:
            found = [lifetime(preset, WAYS[name], seed) for seed in range(SEEDS)]
            first = first or found
            difference = [one - other for one, other in zip(found, first, strict=True)]
            told = f"{preset:<12} {name:<26} {interval(found)}"
            print(
                told if found is first else f"{told}   difference {interval(difference)}",
                flush=True,
            )


def lifetime(preset: str, way: Way, seed: int) -> float:
    """Mean return per episode in the last quarter of a lone member's life."""
    settings = load(preset)
    learner = replace(
        settings.learner,
        epochs=settings.learner.epochs - way.less,
        normalise_values=way.normalise,
    )
    family, worlds = family_of(settings, settings.world.trials), settings.population.worlds
    member = born("ada", family, learner, rng.key(seed, "born"))
    network = network_of(member.weights, family, learner)
    adam = optimiser(network, learner.learning_rate)
    returns: list[float] = []
    lived = 0
    while lived < CURVE_STEPS[preset]:
        key = rng.key(seed, len(returns))
        played = episodes(family, network, worlds, key, settings.world.wrong_penalty)
        (trajectory,) = played.trajectories
        trajectory.rewards *= np.float32(way.scale)
        estimates = ppo.advantages(trajectory, learner.gamma, learner.gae_lambda)
        batch = ppo.prepare(trajectory, estimates)
        lived += batch.steps
        rate = learner.learning_rate * max(1 - lived / CURVE_STEPS[preset], 0.0)
        for group in adam.param_groups:
            group["lr"] = rate
        if way.plain:
            plain(network, adam, batch, learner, rng.seed(key))
        else:
            ppo.update(network, adam, batch, learner, rng.seed(key))
        returns.append(float(played.returns[:, 0].mean()))
    return statistics.mean(returns[-len(returns) // 4 :])


def interval(values: list[float]) -> str:
    """Mean and 95 % interval over the seeds."""
    return f"{statistics.mean(values):6.3f} ± {half_width(values):.3f}"


# What both share.


def episodes(
    family: Family, network: networks.ActorCritic, worlds: int, key: int, penalty: float = 1.0
) -> Played:
    """A member plays drawn tasks, all bodies where it learns in self-play, agent_0 alone elsewhere."""
    roster = np.zeros((worlds, family.num_agents), np.int16)
    if family.name == "goal_sequence":
        roster[:, 1:] = NOBODY
    ticket = Ticket(
        key=key,
        rows=family.space.sample(key, worlds),
        roster=roster,
        visibility=np.zeros(family.trials),
        learning=(0,),
        penalty=penalty,
    )
    return roll(family, ticket, [network])


def optimiser(network: networks.ActorCritic, learning_rate: float) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=learning_rate, eps=ADAM_EPSILON, fused=True)


if __name__ == "__main__":
    main()
