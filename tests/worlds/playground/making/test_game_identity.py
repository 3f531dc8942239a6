"""Games have one identity, whatever their agents and colours are called."""

from itertools import permutations
from random import Random

import pytest

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    COLOURS,
    CUBE,
    FLOOR,
    FLOORS,
    HOLD,
    KINDS,
    NEAR,
    ON,
    SEE,
    SLAB,
    colour_of,
    kind,
    shape_of,
)
from worlds.playground.making.game_identity import game_digest, game_signature
from worlds.playground.task import Atom, Goal, Option, Rule, ordered

Game = tuple[list[Goal], list[Rule]]
Names = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]  # of agents, colours, floors


def _game(random: Random, agents: int, colours: int, options: int = 2) -> Game:
    def atom() -> Atom:
        predicate = random.choice((NEAR, HOLD, SEE, ON))
        who = random.choice([ANY_AGENT, *range(AGENT, AGENT + agents)])
        thing = kind(random.choice((SLAB, CUBE)), random.randrange(colours))
        if predicate == ON:
            return (ON, random.choice((who, thing)), FLOOR + random.randrange(2))
        if predicate == SEE and random.random() < 0.5:
            return ordered((SEE, thing, kind(CUBE, random.randrange(colours))))
        return ordered((predicate, who, thing))

    goals: list[Goal] = []
    for _ in range(agents):
        found = {
            Option(frozenset({atom()}), frozenset({atom()} if random.random() < 0.3 else ()))
            for _ in range(random.randint(1, options))
        }
        goals.append(tuple(option for option in found if not option.require & option.forbid))
    rules = [Rule(atom(), (random.randrange(colours),)) for _ in range(random.randrange(2))]
    return goals, rules


def _renamed(game: Game, names: Names) -> Game:
    agents, colours, floors = names

    def selector(old: int) -> int:
        if old < KINDS:
            return kind(shape_of(old), colours[colour_of(old)])
        if old >= FLOOR:
            return FLOOR + floors[old - FLOOR]
        return old if old == ANY_AGENT else AGENT + agents[old - AGENT]

    def atom(old: Atom) -> Atom:
        return ordered((old[0], selector(old[1]), selector(old[2])))

    goals: list[Goal] = [()] * len(game[0])
    for agent, goal in enumerate(game[0]):
        goals[agents[agent]] = tuple(
            Option(frozenset(map(atom, yes)), frozenset(map(atom, no))) for yes, no in goal[::-1]
        )
    return goals, [Rule(atom(rule.atom), tuple(map(selector, rule.products))) for rule in game[1]]


def _as_sets(game: Game) -> tuple[list[frozenset[Option]], list[Rule]]:
    return [frozenset(goal) for goal in game[0]], game[1]


def _drawn_names(random: Random, agents: int) -> Names:
    first, second, third = (
        tuple(random.sample(range(count), count)) for count in (agents, len(COLOURS), len(FLOORS))
    )
    return first, second, third


@pytest.mark.parametrize("seed", range(40))
def test_new_names_leave_digest_and_signature_as_they_are(seed: int) -> None:
    random = Random(seed)
    agents = random.randint(1, 4)
    game = _game(random, agents, colours=3)
    renamed = _renamed(game, _drawn_names(random, agents))
    assert game_digest(*renamed) == game_digest(*game)
    assert game_signature(*renamed) == game_signature(*game)


def test_digests_are_equal_only_if_some_renaming_makes_the_games_equal() -> None:
    random = Random(0)
    games = [_game(random, 2, colours=2, options=1) for _ in range(40)]
    games += [_renamed(game, ((1, 0), (1, 0, 2, 3, 4, 5), (1, 0, 2, 3, 4, 5))) for game in games]
    digests = [game_digest(*game) for game in games]
    same = 0
    for one, game in enumerate(games):
        forms = [
            _as_sets(_renamed(game, (agents, (*colours, 2, 3, 4, 5), (*floors, 2, 3, 4, 5))))
            for agents in permutations(range(2))
            for colours in permutations(range(2))
            for floors in permutations(range(2))
        ]
        for other in range(one):
            equal = _as_sets(games[other]) in forms
            same += equal
            assert (digests[one] == digests[other]) == equal
    assert same > 0


def test_a_game_of_eight_equal_agents_has_a_digest_soon() -> None:
    each: list[Goal] = [
        tuple(
            Option(frozenset({ordered((NEAR, AGENT + i, AGENT + j))}), frozenset())
            for j in range(8)
            if j != i
        )
        for i in range(8)
    ]
    less = [*each[:7], each[7][:6]]
    assert game_digest(each, []) != game_digest(less, [])


def test_rules_keep_their_order() -> None:
    rules = [Rule((HOLD, ANY_AGENT, 0), (7,)), Rule((HOLD, ANY_AGENT, 7), (0,))]
    other = Rule((NEAR, 0, 7), ())
    assert game_digest([()], [*rules, other]) != game_digest([()], [other, *rules])


def test_a_digest_is_the_same_in_every_process() -> None:
    goals: list[Goal] = [(Option(frozenset({(HOLD, AGENT, 3)}), frozenset({(ON, 3, FLOOR)})),)]
    assert game_digest(goals, [Rule((NEAR, 3, 9), (4,))]) == ("09dc47eb72fe5dfb7f93296115b40e60")
