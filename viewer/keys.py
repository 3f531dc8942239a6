"""The one table of keys: what is pressed, which command it gives, and what the help says about it."""

from dataclasses import dataclass

import pygame

SHIFT = "SHIFT+"
REPEATING = (
    "LEFT",
    "RIGHT",
    "UP",
    "DOWN",
    "PLUS",
    "MINUS",
    "EQUALS",
)  # while held down; others count once


@dataclass(frozen=True)
class Key:
    """One line of the help: the keys as people read them, those that give it, and its meaning."""

    label: str
    names: tuple[str, ...]  # as in pygame's K_NAME, upper case, with SHIFT+ in front where needed
    commands: tuple[str, ...]  # one per name
    meaning: str


KEYS = (
    Key("Space", ("SPACE",), ("toggle",), "play or pause"),
    Key("Left Right", ("LEFT", "RIGHT"), ("back", "forward"), "one step (Shift: ten)"),
    Key("", ("SHIFT+LEFT", "SHIFT+RIGHT"), ("back_ten", "forward_ten"), ""),
    Key("Home End", ("HOME", "END"), ("home", "end"), "first or last step"),
    Key("Up Down", ("UP", "DOWN"), ("faster", "slower"), "speed, 0.25x to 64x"),
    Key("e", ("E",), ("next_event",), "next goal event"),
    Key("[ ]", ("LEFTBRACKET", "RIGHTBRACKET"), ("previous_replay", "next_replay"), "other replay"),
    Key("l", ("L",), ("loop",), "loop at the end"),
    Key("Tab, 1-9", ("TAB",), ("next_agent",), "choose an agent"),
    Key("f", ("F",), ("focus",), "this agent's view only"),
    Key("s", ("S",), ("sight",), "what this agent sees"),
    Key("v", ("V",), ("panes",), "views of all agents"),
    Key("t", ("T",), ("trails",), "trails"),
    Key("g", ("G",), ("goal",), "goal text"),
    Key("+ -", ("PLUS", "MINUS"), ("zoom_in", "zoom_out"), "zoom"),
    Key("", ("EQUALS", "SHIFT+EQUALS"), ("zoom_in", "zoom_in"), ""),
    Key("", ("KP_PLUS", "KP_MINUS"), ("zoom_in", "zoom_out"), ""),
    Key("c", ("C",), ("palette",), "colours"),
    Key("m", ("M",), ("minimal",), "world alone"),
    Key("F12", ("F12",), ("screenshot",), "save a picture here"),
    Key("h", ("H",), ("help",), "this help"),
    Key("Esc, q", ("ESCAPE", "Q"), ("leave", "quit"), "back, quit"),
)

_COMMANDS = {
    name: command for key in KEYS for name, command in zip(key.names, key.commands, strict=True)
}


def command_of(name: str) -> tuple[str, int] | None:
    """Return the command of a key's name and its value, or None if the key means nothing.

    A letter with Shift counts as the letter.
    """
    plain = name.removeprefix(SHIFT)
    if plain.isdigit() and len(plain) == 1 and plain != "0":
        return "agent", int(plain) - 1
    command = _COMMANDS.get(name) or _COMMANDS.get(plain)
    return (command, 0) if command else None


def name_of(event: pygame.event.Event) -> str:
    """Return the name of a pressed key in the table's spelling, "" for a key without a name.

    `+`, `-`, `[` and `]` stand on other keys elsewhere, so the character that came with the event decides there.
    """
    typed = {"+": "PLUS", "-": "MINUS", "[": "LEFTBRACKET", "]": "RIGHTBRACKET"}
    character = getattr(event, "unicode", "")
    if character in typed:
        return typed[character]
    name = _NAMES.get(event.key, "")
    return SHIFT + name if name and getattr(event, "mod", 0) & pygame.KMOD_SHIFT else name


def events_of(name: str) -> tuple[pygame.event.Event, pygame.event.Event]:
    """Return the pygame events of pressing and releasing the key `name`; ValueError names an unknown one."""
    plain = name.removeprefix(SHIFT)
    code = _CODES.get(plain)
    if code is None:
        raise ValueError(
            f"unknown key {name!r} in the script: write names such as RIGHT, SHIFT+LEFT, TAB, V"
        )
    mod = pygame.KMOD_LSHIFT if name.startswith(SHIFT) else pygame.KMOD_NONE
    return (
        pygame.event.Event(pygame.KEYDOWN, key=code, mod=mod, unicode=""),
        pygame.event.Event(pygame.KEYUP, key=code, mod=mod),
    )


_CODES = {name[2:].upper(): getattr(pygame, name) for name in dir(pygame) if name.startswith("K_")}
_NAMES = {code: name for name, code in _CODES.items()}
