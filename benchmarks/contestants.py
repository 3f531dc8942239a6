"""Who competes in `training.py`: a population, a plain loop and RLlib as it comes, each in a process of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from configs.schema import Settings
from worlds import rng
from worlds.family import Family, make
from worlds.parallel_env import FamilyEnv, parallel_env

if TYPE_CHECKING:
    from populations.networks import ActorCritic

Work = Callable[[int], int]  # does a thing some times, -> agent-steps


def serve(name: str, settings: Settings) -> None:
    """Do the works that standard input names until it ends; answer each with its agent-steps."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    with ExitStack() as stack:
        works = CONTESTANTS[name](settings, stack)
        for line in sys.stdin:
            work, times = line.split("\t")
            print(works[work](int(times)), file=answers, flush=True)


def population(settings: Settings, stack: ExitStack) -> dict[str, Work]:
    """Members that meet each other, on Ray workers, with tasks from a creator: the loop of a generation, as it is."""
    from culture.living import Cohort, live
    from culture.setting import creators, newborn, prepare
    from culture.transmission import Lesson
    from populations.workers import open_pool

    pool = open_pool(settings.workers)
    stack.callback(pool.close)
    setting = prepare(settings, pool, lambda event: None)
    young = Cohort(
        "culture",
        setting.family,
        newborn(setting, 0),
        creators(setting)["culture"],
        Lesson(rule="population"),
        count=1,
        steps=settings.culture.steps,
        generations=10**12,  # so the learning rate stays, and the others visible
    )
    turns = iter(range(1, 10**9))

    def learn(times: int) -> int:
        before = sum(member.lived for member in young.members)
        young.count, young.reports = times, []
        live(setting, [young], next(turns))
        return sum(member.lived for member in young.members) - before

    return {"learn": learn}


def plain(settings: Settings, stack: ExitStack) -> dict[str, Work]:
    """Bare PPO without Ray, RLlib, creator and manager: half the members, for it runs twice, each in self-play."""
    import torch

    from populations import ppo
    from populations.member import network_for
    from populations.networks import initialise
    from populations.rollout import Played, Ticket, roll

    torch.set_num_threads(1)
    family, learner, worlds = family_of(settings), settings.learner, settings.population.worlds
    members = [network_for(family, learner) for _ in range(settings.population.members // 2)]
    for index, network in enumerate(members):
        initialise(network, index)
    optimisers = [
        torch.optim.Adam(member.parameters(), lr=learner.learning_rate, eps=1e-5, fused=True)
        for member in members
    ]
    keys = (rng.key("training", number) for number in range(10**9))

    def self_play(member: ActorCritic, key: int) -> Played:
        ticket = Ticket(
            key=key,
            rows=family.space.sample(rng.key(key, "tasks"), worlds),
            roster=np.zeros((worlds, family.num_agents), np.int16),
            visibility=np.ones(family.trials),
            learning=(0,),
        )
        return roll(family, ticket, [member])

    def learn(times: int) -> int:
        steps = 0
        for _ in range(times):
            for member, optimiser in zip(members, optimisers, strict=True):
                key = next(keys)
                (trajectory,) = self_play(member, key).trajectories
                estimates = ppo.advantages(trajectory, learner.gamma, learner.gae_lambda)
                batch = ppo.prepare(trajectory, estimates)
                ppo.update(member, optimiser, batch, learner, rng.seed(key))
                steps += trajectory.actions.size
        return steps

    def play(times: int) -> int:
        return sum(self_play(members[0], next(keys)).steps for _ in range(times))

    env = parallel_env(family.name, **family.settings)

    def crawl(times: int) -> int:
        with torch.inference_mode():
            return sum(episode(env, [members[0]] * 2, next(keys)) for _ in range(times))

    return {"learn": learn, "roll": play, "one world at a time": crawl}


def stock(settings: Settings, stack: ExitStack) -> dict[str, Work]:
    """RLlib's PPO with 1 and with 8 worlds in each of its env runners."""
    import ray

    ray.init(
        address="local",
        num_cpus=4,  # one for each env runner
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _temp_dir=tempfile.gettempdir(),
    )
    stack.callback(ray.shutdown)
    from benchmarks.stock_rllib import Stock

    algorithms: dict[int, Stock] = {}

    def learn(worlds: int, times: int) -> int:
        if worlds not in algorithms:
            algorithms[worlds] = Stock(settings, family_of(settings), worlds)
            stack.callback(algorithms[worlds].close)
        return algorithms[worlds].learn(times)

    return {str(worlds): partial(learn, worlds) for worlds in (1, 8)}


CONTESTANTS: dict[str, Callable[[Settings, ExitStack], dict[str, Work]]] = {
    "population": population,
    "many": population,  # with more members
    "plain": plain,
    "stock": stock,
}


def episode(env: FamilyEnv, networks: Sequence[ActorCritic], key: int) -> int:
    """One episode through PettingZoo, an agent at a time, kept as a learner would need it; -> agent-steps."""
    import torch

    generator = torch.Generator().manual_seed(rng.seed(key))
    observations, _ = env.reset(seed=rng.seed(key))
    memories = [network.start(1) for network in networks]
    kept: list[tuple[object, ...]] = []
    steps = 0
    while env.agents:
        actions = {}
        for index, agent in enumerate(env.agents):
            seen = torch.from_numpy(observations[agent])[None]
            logits, value, memories[index] = networks[index].step(seen, memories[index])
            log_probs = torch.log_softmax(logits, -1)[0]
            action = int(torch.multinomial(log_probs.exp(), 1, generator=generator))
            actions[agent] = action
            if index == 0:
                kept.append((observations[agent], action, float(log_probs[action]), float(value)))
        steps += len(actions)
        observations, rewards, ends, _, _ = env.step(actions)
        kept[-1] += (rewards["agent_0"], ends["agent_0"])
    return steps


def family_of(settings: Settings) -> Family:
    """The worlds that the population learns in, with an order of goals of its own."""
    world = settings.world
    return make(
        world.name,
        size=world.size,
        trials=world.trials,
        trial_length=world.trial_length,
        view=world.view,
        wrong_penalty=round(1000 * world.wrong_penalty),
        order_key=rng.key("training", "order"),
    )
