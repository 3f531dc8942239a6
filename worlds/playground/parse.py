"""Reads goals and rules in their functional form: the inverse of `text`.

goal     = "nothing" | option ("or" option)*
option   = ["not"] atom ("and" ["not"] atom)*
rule     = atom "->" products
products = "nothing" | thing ("," thing)*
atom     = predicate "(" thing "," thing ")"
thing    = "me" | "agent_1" | "any agent" | "purple cube" | "blue"
"""

import re
from typing import NamedTuple

from worlds.playground.constants import AGENT, KINDS, PREDICATES, PRODUCTS
from worlds.playground.task import Atom, Goal, Option, Rule, ordered
from worlds.playground.text import ME, NOBODY, NOTHING, SELECTORS

LONGEST = 4096  # characters; the largest goal of the largest space has about 2400
_TOKEN = re.compile(r"[a-z0-9_]+|->|[(),]")
_END = "the end"


class TextError(ValueError):
    """A text that is no goal or rule: what was expected, and at which character, from 1."""

    def __init__(self, expected: str, found: str, position: int) -> None:
        self.position = position
        super().__init__(f"expected {expected} at character {position}, found {found}")


def parse_goal(text: str, me: int) -> Goal:
    """The goal of agent `me`; raises `TextError`."""
    words = _Words(text, me)
    if words.skip(NOTHING):
        words.end("the end")
        return ()
    options = [_option(words)]
    while words.skip("or"):
        options.append(_option(words))
    words.end('"and", "or" or the end')
    return tuple(options)


def parse_rule(text: str) -> Rule:
    """A rule; raises `TextError`."""
    words = _Words(text, NOBODY)
    atom = _atom(words)
    words.expect("->")
    products: list[int] = []
    if not words.skip(NOTHING):
        products.append(_product(words))
        while len(products) < PRODUCTS and words.skip(","):
            products.append(_product(words))
    words.end("the end" if len(products) in (0, PRODUCTS) else '"," or the end')
    return Rule(atom, tuple(products))


class _Token(NamedTuple):
    text: str
    position: int  # of its first character, from 1


class _Words:
    """The words and marks of a text, read from the left."""

    def __init__(self, text: str, me: int) -> None:
        if len(text) > LONGEST:
            raise TextError("the end", "more text", LONGEST + 1)
        self.selectors = SELECTORS if me == NOBODY else SELECTORS | {ME: AGENT + me}
        self._tokens = _tokens(text)
        self._next = 0

    def peek(self) -> _Token:
        return self._tokens[self._next]

    def take(self) -> str:
        """The next word, gone past; at the end it stays there."""
        word = self.peek().text
        self._next += word != _END
        return word

    def skip(self, word: str) -> bool:
        """Goes past the word if it comes next."""
        found = self.peek().text == word
        self._next += found
        return found

    def expect(self, word: str) -> None:
        if not self.skip(word):
            self.fail(f'"{word}"')

    def end(self, expected: str) -> None:
        if self.peek().text != _END:
            self.fail(expected)

    def fail(self, expected: str) -> None:
        word, position = self.peek()
        raise TextError(expected, word if word == _END else f'"{word[:40]}"', position)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    start = 0
    while start < len(text):
        match = _TOKEN.match(text, start)
        if match:
            tokens.append(_Token(match[0], start + 1))
        elif not text[start].isspace():
            raise TextError("a word, a bracket, a comma or ->", ascii(text[start]), start + 1)
        start = match.end() if match else start + 1
    return [*tokens, _Token(_END, len(text) + 1)]


def _option(words: _Words) -> Option:
    require: set[Atom] = set()
    forbid: set[Atom] = set()
    while True:
        (forbid if words.skip("not") else require).add(_atom(words))
        if not words.skip("and"):
            return Option(frozenset(require), frozenset(forbid))


def _atom(words: _Words) -> Atom:
    if words.peek().text not in PREDICATES:
        words.fail(f"one of {', '.join(PREDICATES)}")
    predicate = PREDICATES.index(words.take())
    words.expect("(")
    a = _thing(words)
    words.expect(",")
    b = _thing(words)
    words.expect(")")
    return ordered((predicate, a, b))


def _product(words: _Words) -> int:
    """A thing that is a kind."""
    token = words.peek()
    thing = _thing(words)
    if thing >= KINDS:
        raise TextError("a kind of object", f'"{token.text}"', token.position)
    return thing


def _thing(words: _Words) -> int:
    """The selector of a name of one word or two."""
    first = words.peek()
    name = words.take()
    if name not in words.selectors and words.peek().text.isalpha():
        name = f"{name} {words.take()}"
    if name not in words.selectors:
        found = name if name == _END else f'"{name[:40]}"'
        raise TextError(
            "a thing, as purple cube, agent_1, any agent or blue", found, first.position
        )
    return words.selectors[name]
