"""Goals and rules in words: plain sentences, and a functional form that can be read back.

hold(me, purple pyramid) and not see(agent_1, me) or on(me, blue)
touch(black cube, yellow sphere) -> red pyramid
"""

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    COLOURS,
    FLOOR,
    FLOORS,
    KINDS,
    LARGEST,
    NEAR,
    PREDICATES,
    SHAPES,
    TOUCH,
    colour_of,
    shape_of,
)
from worlds.playground.task import Atom, Goal, Option, Rule, Task, goals_of, rules_of

NOTHING = "nothing"  # a goal without options, a rule without products
ME = "me"
NOBODY = -1  # rules are nobody's: they do not speak of `me`

KIND_NAMES = tuple(f"{COLOURS[colour_of(kind)]} {SHAPES[shape_of(kind)]}" for kind in range(KINDS))
SELECTORS = (
    {name: kind for kind, name in enumerate(KIND_NAMES)}
    | {f"agent_{agent}": AGENT + agent for agent in range(LARGEST.agents)}
    | {"any agent": ANY_AGENT}
    | {floor: FLOOR + colour for colour, floor in enumerate(FLOORS)}
)
_NAMES = {selector: name for name, selector in SELECTORS.items()}

# predicate: (told of me, told of others)
_VERBS = {
    "near": ("be near", "is near"),
    "touch": ("touch", "touches"),
    "hold": ("hold", "holds"),
    "see": ("see", "sees"),
    "on": ("stand on", "is on"),
}


def goal_form(goal: Goal, me: int) -> str:
    """The functional form of the goal of agent `me`."""
    return " or ".join(_option_form(option, me) for option in goal) or NOTHING


def rule_form(rule: Rule) -> str:
    """The functional form of a rule."""
    products = ", ".join(KIND_NAMES[kind] for kind in rule.products)
    return f"{atom_form(rule.atom, NOBODY)} -> {products or NOTHING}"


def atom_form(atom: Atom, me: int) -> str:
    """The functional form of an atom in a goal of agent `me`, or in a rule of `NOBODY`."""
    predicate, a, b = atom
    return f"{PREDICATES[predicate]}({_thing_form(a, me)}, {_thing_form(b, me)})"


def goal_sentence(task: Task, me: int) -> str:
    """What agent `me` is after: `(hold the purple pyramid AND NOT see agent_1) OR …`."""
    goal = goals_of(task)[me]
    told = [_option_sentence(task, option, me) for option in goal]
    if len(goal) > 1:
        told = [
            f"({text})" if len(option.require) + len(option.forbid) > 1 else text
            for text, option in zip(told, goal, strict=True)
        ]
    return " OR ".join(told) or NOTHING


def goal_conditions(task: Task, me: int) -> tuple[tuple[str, ...], ...]:
    """What must and must not hold for each option of the goal of agent `me`, by number of the atom."""
    numbers = {tuple(atom): number for number, atom in enumerate(task.atoms.tolist())}
    return tuple(
        tuple(
            _condition(task, atom, me, atom in option.forbid)
            for atom in sorted(option.require | option.forbid, key=numbers.__getitem__)
        )
        for option in goals_of(task)[me]
    )


def rule_sentences(task: Task, reader: int = NOBODY) -> list[str]:
    """What each rule does; what agent `reader` may not read is told as thing 1, relation 1, ….

    Hidden things and relations are numbered by their first appearance in the rules it may read.
    """
    kinds, predicates, hidden = _hidden(task, reader)
    things: dict[int, str] = {}
    relations: dict[int, str] = {}
    told = []
    for index, (atom, products) in enumerate(rules_of(task)):
        if hidden >> index & 1:
            told.append("a hidden rule")
            continue
        for kind in (*atom[1:], *products):
            if kind < KINDS and kinds >> kind & 1:
                things.setdefault(kind, f"thing {len(things) + 1}")
        if predicates >> atom[0] & 1:
            relations.setdefault(atom[0], f"relation {len(relations) + 1}")
        told.append(_rule_sentence(Rule(atom, products), things, relations))
    return told


def _option_form(option: Option, me: int) -> str:
    required = [atom_form(atom, me) for atom in sorted(option.require)]
    forbidden = [f"not {atom_form(atom, me)}" for atom in sorted(option.forbid)]
    return " and ".join(required + forbidden)


def _thing_form(selector: int, me: int) -> str:
    return ME if me != NOBODY and selector == AGENT + me else _NAMES[selector]


def _option_sentence(task: Task, option: Option, me: int) -> str:
    required = [_condition(task, atom, me, False) for atom in sorted(option.require)]
    forbidden = [_condition(task, atom, me, True) for atom in sorted(option.forbid)]
    return " AND ".join(required + forbidden)


def _condition(task: Task, atom: Atom, me: int, forbidden: bool) -> str:
    text, mine = _atom_sentence(task, atom, me)
    return (f"NOT {text}" if mine else f"NOT ({text})") if forbidden else text


def _atom_sentence(task: Task, atom: Atom, me: int) -> tuple[str, bool]:
    """An atom in words, and whether it is told of me."""
    predicate, a, b = atom
    if predicate in (NEAR, TOUCH) and b == AGENT + me:
        a, b = b, a
    mine = a == AGENT + me
    verb = _VERBS[PREDICATES[predicate]][0 if mine else 1]
    thing = _thing_sentence(task, b, me)
    return (f"{verb} {thing}" if mine else f"{_thing_sentence(task, a, me)} {verb} {thing}"), mine


def _thing_sentence(task: Task, selector: int, me: int) -> str:
    name = _NAMES[selector]
    if selector == AGENT + me:
        return "you"
    if selector < KINDS:
        return f"the {name}" if (task.kinds == selector).sum() <= 1 else f"a {name}"
    return f"the {name} floor" if selector >= FLOOR else name


def _hidden(task: Task, reader: int) -> tuple[int, int, int]:
    """Bits of the kinds, predicates and rules that an agent may not read."""
    if reader == NOBODY:
        return 0, 0, 0
    masks = (task.hidden_kinds, task.hidden_predicates, task.hidden_rules)
    kinds, predicates, rules = (int(mask[reader]) for mask in masks)
    return kinds, predicates, rules


def _rule_sentence(rule: Rule, things: dict[int, str], relations: dict[int, str]) -> str:
    predicate, a, b = rule.atom
    first, second = _rule_thing(a, things), _rule_thing(b, things)
    if predicate in relations:
        when = f"when {relations[predicate]} holds between {first} and {second}"
    else:
        when = f"when {first} {_VERBS[PREDICATES[predicate]][1]} {second}"
    made = " and ".join(_rule_thing(kind, things) for kind in rule.products)
    objects = (a < KINDS) + (b < KINDS)
    if objects == 0:
        return f"{when}, there appears {made or NOTHING}"
    if not made:
        return f"{when}, {'it vanishes' if objects == 1 else 'they vanish'}"
    return f"{when}, {'it becomes' if objects == 1 else 'they become'} {made}"


def _rule_thing(selector: int, things: dict[int, str]) -> str:
    if selector in things:
        return things[selector]
    if selector < KINDS:
        return f"a {_NAMES[selector]}"
    return f"the {_NAMES[selector]} floor" if selector >= FLOOR else _NAMES[selector]
