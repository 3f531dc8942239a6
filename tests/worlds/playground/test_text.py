"""Goals and rules in words: sentences as people say them, and a form that reads back exactly."""

import pytest

from tests.worlds.playground.tasks import random_task
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    COLOURS,
    CUBE,
    FLOOR,
    HOLD,
    NEAR,
    ON,
    PYRAMID,
    SEE,
    SPHERE,
    TOUCH,
    Sizes,
    kind,
)
from worlds.playground.parse import LONGEST, TextError, parse_goal, parse_rule
from worlds.playground.task import (
    Atom,
    Goal,
    Option,
    Rule,
    Task,
    blank,
    canonical,
    goals_of,
    rules_of,
    with_goals,
)
from worlds.playground.text import (
    SELECTORS,
    atom_form,
    goal_form,
    goal_sentence,
    rule_form,
    rule_sentences,
)

TASKS = [canonical(random_task(seed)) for seed in range(60)]
BLACK, PURPLE, YELLOW, RED = (COLOURS.index(name) for name in ("black", "purple", "yellow", "red"))
PURPLE_PYRAMID, BLACK_CUBE = kind(PYRAMID, PURPLE), kind(CUBE, BLACK)
YELLOW_SPHERE, RED_PYRAMID = kind(SPHERE, YELLOW), kind(PYRAMID, RED)
BLUE = FLOOR
ME, OTHER = AGENT, AGENT + 1
EXAMPLE = "hold(me, purple pyramid) and not see(agent_1, me) or on(me, blue)"


def test_goals_and_rules_read_back_as_they_were_written() -> None:
    for task in TASKS:
        for me, goal in enumerate(goals_of(task)):
            assert set(parse_goal(goal_form(goal, me), me)) == set(goal)
        for rule in rules_of(task):
            assert parse_rule(rule_form(rule)) == rule


def test_different_goals_and_rules_give_different_text() -> None:
    # Sentences say `the` or `a` by what the task starts with, so they are compared in one level.
    level = blank(Sizes(agents=8, atoms=32, options=8))._replace(bodies=8)
    for me in range(4):
        goals = {goals_of(task)[me] for task in TASKS if me < task.bodies}
        goals = {goals_of(with_goals(level, [()] * me + [goal], []))[me] for goal in goals}
        assert len({goal_form(goal, me) for goal in goals}) == len(goals) > 10
        told = {goal_sentence(with_goals(level, [()] * me + [goal], []), me) for goal in goals}
        assert len(told) == len(goals)
    rules = {rule for task in TASKS for rule in rules_of(task)}
    assert len({rule_form(rule) for rule in rules}) == len(rules)
    told = {rule_sentences(with_goals(level, [], [rule]))[0] for rule in rules}
    assert len(told) == len(rules)


def test_every_name_reads_as_its_selector() -> None:
    for name, selector in SELECTORS.items():
        assert parse_goal(f"see({name}, {name})", 0) == _goal([(SEE, selector, selector)])


def test_the_example_says_what_it_means() -> None:
    goal = parse_goal(EXAMPLE, 0)
    hold, seen = (HOLD, ME, PURPLE_PYRAMID), (SEE, OTHER, ME)
    stand = Option(frozenset({(ON, ME, BLUE)}), frozenset())
    assert goal == (Option(frozenset({hold}), frozenset({seen})), stand)
    assert goal_form(goal, 0) == EXAMPLE
    assert goal_form(goal, 1) == EXAMPLE.replace("agent_1", "x").replace("me", "agent_0").replace(
        "x", "me"
    )
    expected = "(hold the purple pyramid AND NOT (agent_1 sees you)) OR stand on the blue floor"
    assert goal_sentence(_task(goal), 0) == expected


@pytest.mark.parametrize(
    ("atom", "sentence"),
    [
        ((HOLD, ME, BLACK_CUBE), "hold a black cube"),
        ((NEAR, PURPLE_PYRAMID, ME), "be near the purple pyramid"),
        ((TOUCH, ME, ANY_AGENT), "touch any agent"),
        ((SEE, ME, OTHER), "see agent_1"),
        ((ON, ME, BLUE), "stand on the blue floor"),
        ((HOLD, OTHER, BLACK_CUBE), "agent_1 holds a black cube"),
        ((NEAR, PURPLE_PYRAMID, OTHER), "the purple pyramid is near agent_1"),
        ((TOUCH, BLACK_CUBE, BLACK_CUBE), "a black cube touches a black cube"),
        ((SEE, BLACK_CUBE, ME), "a black cube sees you"),
        ((ON, ANY_AGENT, BLUE + 5), "any agent is on the brown floor"),
    ],
)
def test_atoms_are_told_from_me_where_i_act(atom: Atom, sentence: str) -> None:
    mine = not sentence.startswith(("agent", "the", "a ", "any"))
    assert goal_sentence(_task(_goal([atom])), 0) == sentence
    forbidden = f"NOT {sentence}" if mine else f"NOT ({sentence})"
    assert goal_sentence(_task(_goal([], [atom])), 0) == forbidden


def test_goals_of_one_option_need_no_brackets_and_none_is_nothing() -> None:
    goal = _goal([(HOLD, ME, BLACK_CUBE), (ON, ME, BLUE)])
    assert goal_sentence(_task(goal), 0) == "hold a black cube AND stand on the blue floor"
    assert goal_sentence(_task(()), 0) == goal_form((), 0) == "nothing"
    assert parse_goal("nothing", 0) == ()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "touch(black cube, yellow sphere) -> red pyramid",
            "when a black cube touches a yellow sphere, they become a red pyramid",
        ),
        (
            "near(agent_0, black cube) -> red pyramid, black cube",
            "when a black cube is near agent_0, it becomes a red pyramid and a black cube",
        ),
        ("on(black cube, blue) -> nothing", "when a black cube is on the blue floor, it vanishes"),
        (
            "see(black cube, black cube) -> nothing",
            "when a black cube sees a black cube, they vanish",
        ),
        (
            "touch(any agent, agent_1) -> black cube",
            "when agent_1 touches any agent, there appears a black cube",
        ),
        (
            "touch(any agent, agent_1) -> nothing",
            "when agent_1 touches any agent, there appears nothing",
        ),
    ],
)
def test_rules_are_told_as_what_becomes_of_their_objects(rule: str, sentence: str) -> None:
    assert rule_sentences(_task((), [parse_rule(rule)])) == [sentence]


def test_hidden_things_are_numbered_as_the_reader_meets_them() -> None:
    texts = (
        "near(red pyramid, black cube) -> red pyramid",
        "touch(black cube, yellow sphere) -> red pyramid",
        "hold(agent_0, red pyramid) -> yellow sphere",
        "touch(agent_0, agent_1) -> nothing",
    )
    task = _task((), [parse_rule(text) for text in texts])
    task.hidden_rules[0] = 1  # what stands in a hidden rule leaves no trace in the numbers
    task.hidden_kinds[0] = 1 << YELLOW_SPHERE | 1 << RED_PYRAMID
    task.hidden_predicates[0] = 1 << TOUCH | 1 << HOLD
    assert rule_sentences(task, 0) == [
        "a hidden rule",
        "when relation 1 holds between a black cube and thing 1, they become thing 2",
        "when relation 2 holds between agent_0 and thing 2, it becomes thing 1",
        "when relation 1 holds between agent_0 and agent_1, there appears nothing",
    ]
    assert rule_sentences(task, 1) == rule_sentences(task)


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "one of near, touch, hold, see, on"),
        ("eat(me, black cube)", 1, "one of near, touch, hold, see, on"),
        ("hold me", 6, '"("'),
        ("hold(me black cube)", 9, '","'),
        ("hold(me, black)", 10, "a thing"),
        ("hold(me, black blue)", 10, "a thing"),
        ("hold(me, agent_8)", 10, "a thing"),
        ("hold(me, black cube", 20, '")"'),
        ("hold(me,", 9, "a thing"),
        ("hold(me, black cube) and", 25, "one of near"),
        ("hold(me, black cube) or not", 28, "one of near"),
        ("not not hold(me, black cube)", 5, "one of near"),
        ("hold(me, black cube) xor on(me, blue)", 22, '"and", "or" or the end'),
        ("nothing or on(me, blue)", 9, "the end"),
        ("hold(me; black cube)", 8, "a word, a bracket"),
        ("hold(me, bläck cube)", 12, "a word, a bracket"),
        ("HOLD(me, black cube)", 1, "a word, a bracket"),
        ("(" * 9, 1, "one of near"),
        ("on(me, blue) or " * 300, LONGEST + 1, "the end"),
    ],
)
def test_what_is_no_goal_is_refused_at_its_place(text: str, position: int, expected: str) -> None:
    with pytest.raises(TextError, match=f"at character {position}, found") as caught:
        parse_goal(text, 0)
    assert caught.value.position == position
    assert str(caught.value).startswith(f"expected {expected}")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("hold(me, black cube) -> nothing", 6),
        ("hold(agent_0, black cube)", 26),
        ("hold(agent_0, black cube) - nothing", 27),
        ("hold(agent_0, black cube) ->", 29),
        ("hold(agent_0, black cube) -> blue", 30),
        ("hold(agent_0, black cube) -> black cube and black cube", 41),
        ("hold(agent_0, black cube) -> nothing, black cube", 37),
        ("hold(agent_0, black cube) -> red cube, red cube, red cube, red cube", 58),
        ("not hold(agent_0, black cube) -> nothing", 1),
    ],
)
def test_what_is_no_rule_is_refused_at_its_place(text: str, position: int) -> None:
    with pytest.raises(TextError) as caught:
        parse_rule(text)
    assert caught.value.position == position


def test_spaces_and_line_ends_do_not_matter() -> None:
    text = " hold ( me,purple   pyramid )and not see(agent_1,me)\n or on(me,blue) "
    assert parse_goal(text, 0) == parse_goal(EXAMPLE, 0)
    assert atom_form((HOLD, ME, PURPLE_PYRAMID), 0) == "hold(me, purple pyramid)"


def _goal(require: list[Atom], forbid: list[Atom] | None = None) -> Goal:
    return (Option(frozenset(require), frozenset(forbid or [])),)


def _task(goal: Goal, rules: list[Rule] | None = None) -> Task:
    """Two agents, two black cubes and a purple pyramid; the goal is agent_0's."""
    task = blank(Sizes())._replace(bodies=2)
    task.kinds[:3] = BLACK_CUBE, PURPLE_PYRAMID, BLACK_CUBE
    return with_goals(task, [goal, ()], rules or [])
