"""Travelling Salesperson once more, in plain Python and one world at a time: the oracle of the kernels' tests.

Written from the rules alone: it shares names of columns and units with the kernels, and no trick of
theirs.
"""

import itertools
import math
from collections.abc import Sequence

from worlds.family import NO_ACTION
from worlds.rng_reference import word
from worlds.sequences.travelling_salesperson.columns import CITIES, PAY, PLACES, TRIALS


class ReferenceWorld:
    """One world; all that is public is a plain number or list, to compare with a state."""

    def __init__(
        self, row: Sequence[int], demonstrators: int, wrong_penalty: int, bare: bool, clock: bool
    ) -> None:
        row = [int(value) for value in row]
        self.cities, self.trials, self.demonstrators = row[CITIES], row[TRIALS], demonstrators
        self.places = [(row[i], row[i + 1]) for i in range(PLACES, len(row), 2)]
        self.penalty = wrong_penalty
        self.bare, self.clock = bare, clock
        self.trial = 0
        self.over = self.trial_over = False
        self.last_action, self.last_reward = NO_ACTION, 0
        self.trial_returns = [[0] * self.trials for _ in range(1 + demonstrators)]
        self.tour = [0]

    def leg(self, one: int, other: int) -> int:
        """From a city to another, thousandths of the diagonal."""
        diagonal = math.dist((0, 0), (1000, 1000))
        return round(1000 * math.dist(self.places[one], self.places[other]) / diagonal)

    def step(self, city: int) -> tuple[list[int], int]:
        """Rewards of all agents in thousandths, and ends: bit 0 the trial, bit 1 the episode."""
        others = [0] * self.demonstrators
        if self.over:
            return [0, *others], 0
        self.trial_over = True
        self.last_action = city if city in range(self.cities) else NO_ACTION
        if city not in range(self.cities) or city in self.tour:
            reward, self.last_reward = -self.penalty, -PAY
        else:
            reward = PAY - self.leg(self.tour[-1], city)
            self.tour.append(city)
            if len(self.tour) == self.cities:
                reward += PAY - self.leg(city, 0)
            else:
                self.trial_over = False
            self.trial_returns[0][self.trial] += reward
            self.last_reward = reward
        if not self.trial_over:
            return [reward, *others], 0
        if self.trial == self.trials - 1:
            self.over = True
            return [reward, *others], 3
        self.trial += 1
        self.tour = [0]
        return [reward, *others], 1

    def observe(self, agent: int, shown: Sequence[int], visible: bool) -> list[int]:
        """The observation of one agent; demonstrators live in the last trial and see nobody."""
        young = agent == 0
        sees = young and visible
        observation = []
        if not self.bare:
            observation += [self.last_action == city for city in range(self.cities)]
            observation += [young and self.trial_over, self.last_reward < 0]
            for low in range(0, 2001, 50):
                observation.append(low <= self.last_reward < low + 50)
        for city in shown:
            observation += [sees and city == other for other in range(self.cities)]
        observation.append(sees)
        if not self.bare:
            trial = self.trial if young else self.trials - 1
            observation += [trial == x for x in range(self.trials)]
        elif self.clock:
            observation += [len(self.tour) - 1 == position for position in range(self.cities)]
        return [int(value) for value in observation]

    def oracle(self, agent: int, key: int, noise: float, world: int = 0) -> int:
        """The city to which the scripted agent would go next."""
        agents = 1 + self.demonstrators
        own = word(key, world)
        known = [(word(own, n) >> 11) / 2**53 for n in range(agents)]
        known[1:] = sorted(known[1:])
        left = [city for city in range(self.cities) if city not in self.tour]
        if not left:
            return 0
        distances = {city: self.leg(self.tour[-1], city) * math.sqrt(2) / 1000 for city in left}
        nearest = min(left, key=lambda city: distances[city])
        temperature = noise * (1 - known[agent])
        weights = {city: int(city == nearest) for city in left}
        if temperature > 0:
            for city in left:
                share = math.exp((distances[nearest] - distances[city]) / temperature)
                weights[city] = math.floor(2**24 * share + 0.5)
        step = self.trial * (self.cities - 1) + len(self.tour) - 1
        drawn = (word(own, agents * (1 + step) + agent) >> 32) * sum(weights.values()) >> 32
        for city in left:
            drawn -= weights[city]
            if drawn < 0:
                return city
        raise AssertionError("weights add up to more than what is drawn")

    def shortest(self) -> int:
        """The length of the shortest closed tour, by trying all."""
        return min(self.length(order) for order in itertools.permutations(range(1, self.cities)))

    def length(self, order: Sequence[int]) -> int:
        """The length of a closed tour from city 0 through the others, thousandths of the diagonal."""
        tour = [0, *order, 0]
        return sum(self.leg(one, other) for one, other in itertools.pairwise(tour))
