"""Networks side by side: speed of memories and encoders, and what they learn from equal experience.

    python benchmarks/networks.py [--json] [--quick] [--learn memory|goal] [--seeds 3] [--steps 400000]

Speed is in agent-steps per CPU-second of one thread. `step` is one forward pass of 256 lanes, as in
play; `sequence` is forward and backward of 2048 agent-steps in episodes of T, as in learning. The
baseline of memories is the GRU, of the goal's attention and foresight the playground's encoder.

`--learn memory` compares returns of the GRU and S5 on goal_sequence with an order to find out anew
in every episode of 8 trials, and how well they recall the last symbol that was marked, taught by
the right answers; `--learn goal` returns on the playground, in self-play, with and without
attention and foresight. Minutes per seed. The value is the mean over seeds of the return in the
last tenth of experience, of the median task's return on held-out tasks, or of right answers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.harness import Row, document, rate_row, show  # noqa: E402
from configs.load import load  # noqa: E402
from configs.schema import Learner, Settings  # noqa: E402
from populations import ppo  # noqa: E402
from populations.encoders import Flags  # noqa: E402
from populations.member import network_for  # noqa: E402
from populations.networks import ActorCritic, initialise  # noqa: E402
from populations.rollout import NOBODY, Played, Ticket, roll  # noqa: E402
from worlds import rng  # noqa: E402
from worlds.family import Family, make  # noqa: E402
from worlds.from_settings import family_of  # noqa: E402

RATE = "agent-steps/CPU-second"
LANES, LEARNED = 256, 2048  # of a step, and agent-steps of a minibatch
HELD_OUT, EPISODES = 64, 4  # tasks, and episodes of each
PLAYGROUND = ("attention", {"encoder": "attention"}), ("foresight", {"auxiliary_weight": 0.1})


def speed(quick: bool) -> Iterator[Row]:
    """Rows of what one thread does in a second."""
    sequences = make("goal_sequence")
    widths, lengths = ((64,), (20, 64)) if quick else ((64, 128), (20, 64, 256, 1024))
    for hidden in widths:
        gru, s5 = Learner(hidden=hidden), Learner(hidden=hidden, memory="s5")
        name = f"s5 vs gru, hidden {hidden}"
        yield _pair(f"{name}, step", sequences, 1, s5, gru)
        for steps in lengths:
            yield _pair(f"{name}, sequence T={steps}", sequences, steps, s5, gru)
    playground = family_of(load("playground"), 1)
    base = Learner(hidden=64)
    yield _pair("symbols vs flags, sequence T=64", playground, 64, base, base, sequences)
    for name, changes in PLAYGROUND:
        for steps in (1, 64):
            kind = "step" if steps == 1 else f"sequence T={steps}"
            row = f"{name} vs symbols, {kind}"
            yield _pair(row, playground, steps, replace(base, **changes), base)


def learning(what: str, seeds: int, steps: int) -> Iterator[Row]:
    """Rows of what was learned in `steps` agent-steps; seeds and variants in turn."""
    settings = load("playground")
    variants: dict[str, dict[str, object]] = {"symbols": {}, **dict(PLAYGROUND)}
    if what == "memory":
        settings = load(
            "in_context",
            [
                *("world.trials=8", "world.wrong_penalty=0", "culture.single_lifetime=false"),
                *("population.worlds=64", "learner.hidden=64", "learner.learning_rate=2.5e-3"),
            ],
        )
        variants = {"gru": {"memory": "gru"}, "s5": {"memory": "s5"}}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for seed in range(seeds):
        for name, changes in variants.items():
            learner = replace(settings.learner, **changes)
            found[name].append(_life(settings, learner, seed, steps))
            print(name, seed, *(f"{value:.3f}" for value in found[name][-1]), file=sys.stderr)
    base = next(iter(variants))
    for index, measure in enumerate(("return at the end", "median held-out return")):
        known = [pair[index] for pair in found[base]]
        for name in variants:
            values = [pair[index] for pair in found[name]]
            spread = f" (sd {statistics.pstdev(values):.3f})"
            mean, baseline = statistics.mean(values), statistics.mean(known)
            ratio = mean / baseline if baseline else None
            yield Row(f"{name}: {measure}{spread}", mean, "reward", baseline, ratio, repeats=seeds)
    if what == "memory":
        shares = {
            name: statistics.mean(map(_recall, [name] * seeds, range(seeds))) for name in variants
        }
        for name, share in shares.items():
            known = shares[base]
            row = f"{name}: recall of a marked symbol"
            yield Row(row, share, "share of steps", known, share / known, repeats=seeds)


def _pair(
    name: str,
    family: Family,
    steps: int,
    first: Learner,
    second: Learner,
    other: Family | None = None,
) -> Row:
    """A row of two networks, the second perhaps of another family."""
    count = LANES if steps == 1 else max(1, LEARNED // steps) * steps
    calls = [
        _call(one, network_for(one, learner), steps, learner)
        for one, learner in ((family, first), (other or family, second))
    ]
    return rate_row(name, RATE, (count, count), *calls)


def _call(
    family: Family, network: ActorCritic, steps: int, learner: Learner
) -> Callable[[], object]:
    """One forward pass of a step, or loss and gradient of a minibatch, on what noise sees."""
    initialise(network, 1)
    lanes = LANES if steps == 1 else max(1, LEARNED // steps)
    worlds = -(-max(32, lanes) // 32) * 32
    state, seen = family.state(worlds), []
    family.reset(state, family.space.sample(1, worlds))
    out = np.zeros((worlds, family.num_agents, family.observation_size), np.uint8)
    draw = np.random.default_rng(1)
    for _ in range(min(steps, family.horizon)):
        family.observe(state, out)
        seen.append(out[:lanes, 0].copy())
        family.step(state, draw.integers(0, family.num_actions, out.shape[:2]).astype(np.int8))
    observations = torch.from_numpy(np.resize(np.stack(seen), (steps, lanes, out.shape[-1])))
    start = network.start(lanes)
    if steps == 1:

        def step() -> None:
            with torch.inference_mode():
                network.step(observations[0], start)

        return step
    noise = torch.randn(steps, lanes)
    actions = torch.randint(network.num_actions, (steps, lanes))
    batch = ppo.Batch(observations, actions, -noise.abs(), noise, noise)

    def sequence() -> None:
        network.zero_grad()
        ppo.loss(network, batch, torch.arange(lanes), learner)[0].backward()

    return sequence


def _life(settings: Settings, learner: Learner, seed: int, steps: int) -> tuple[float, float]:
    """Return at the end of a lifetime of plain PPO, and of the median held-out task."""
    family = family_of(settings, settings.world.trials)
    network = network_for(family, learner)
    initialise(network, rng.seed(rng.key(seed, "weights")))
    optimiser = torch.optim.Adam(
        network.parameters(), lr=learner.learning_rate, eps=1e-5, fused=True
    )
    penalty = settings.world.wrong_penalty
    self_play = settings.world.name == "playground"
    worlds = settings.population.worlds
    count = steps // (worlds * family.horizon * (family.num_agents if self_play else 1))
    returns = []
    for iteration in range(count):
        share = 1 - (1 - learner.final_learning_rate) * iteration / count
        optimiser.param_groups[0]["lr"] = learner.learning_rate * share
        key = rng.key(seed, "live", iteration)
        played = _play(family, network, self_play, key, family.space.sample(key, worlds), penalty)
        (trajectory,) = played.trajectories
        estimates = ppo.advantages(trajectory, learner.gamma, learner.gae_lambda)
        batch = ppo.prepare(trajectory, estimates)
        ppo.update(network, optimiser, batch, learner, rng.seed(key))
        returns.append(played.returns[:, 0].mean())
    rows = np.repeat(family.space.suite("heldout", HELD_OUT), EPISODES, 0)
    held_out = _play(family, network, self_play, rng.key(seed, "held out"), rows, penalty)
    medians = held_out.returns[:, 0].reshape(HELD_OUT, EPISODES).mean(1)
    return float(np.mean(returns[-max(1, count // 10) :])), float(np.median(medians))


def _recall(memory: str, seed: int, updates: int = 400) -> float:
    """Share of right answers, in the last tenth of updates, to: which of 8 symbols was marked last?

    Each of 48 steps shows a symbol, every tenth with a mark; 32 lanes are learned from at once.
    """
    network = ActorCritic(Flags(9, 64), 8, 64, memory)
    initialise(network, seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(seed)
    right = []
    for _ in range(updates):
        symbols = torch.randint(8, (48, 32), generator=generator)
        marked = torch.rand(48, 32, generator=generator) < 0.1
        marked[0] = True
        steps = torch.arange(48)[:, None].expand(48, 32)
        answers = symbols.gather(0, torch.where(marked, steps, 0).cummax(0).values)
        shown = torch.cat([functional.one_hot(symbols, 8), marked[..., None]], -1)
        logits, _ = network.sequence(shown.to(torch.uint8), network.start(32))
        optimiser.zero_grad()
        functional.cross_entropy(logits.flatten(0, 1), answers.flatten()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimiser.step()
        right.append(float((logits.argmax(-1) == answers).float().mean()))
    return statistics.mean(right[-updates // 10 :])


def _play(
    family: Family,
    network: ActorCritic,
    self_play: bool,
    key: int,
    rows: np.ndarray,
    penalty: float,
) -> Played:
    """Whole episodes of the network, alone or in all bodies."""
    roster = np.full((len(rows), family.num_agents), 0 if self_play else NOBODY, np.int16)
    roster[:, 0] = 0
    visibility = np.ones(family.trials)
    ticket = Ticket(key, rows, roster, visibility, learning=(0,), penalty=penalty)
    return roll(family, ticket, [network])


def main() -> int:
    """The command line: a table, or with `--json` one JSON document on stdout."""
    parser = argparse.ArgumentParser(prog="benchmarks/networks.py", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--quick", action="store_true", help="fewer sizes")
    parser.add_argument("--learn", choices=("memory", "goal"), help="compare what is learned")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=400_000, help="agent-steps of a lifetime")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rows = list(
        learning(asked.learn, asked.seeds, asked.steps) if asked.learn else speed(asked.quick)
    )
    if asked.json:
        json.dump(document("networks", rows), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        show("networks", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
