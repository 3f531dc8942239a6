"""The keys of a person who plays: one per action of the family, and those of the window around it."""

from viewer.keys import SHIFT, Key

ACTION_KEYS = {
    "forward": Key("Up", ("UP", "W"), (), "go forward"),
    "back": Key("Down", ("DOWN", "S"), (), "step back"),
    "left": Key("Left", ("LEFT", "A"), (), "turn left"),
    "right": Key("Right", ("RIGHT", "D"), (), "turn right"),
    "hand": Key("Space", ("SPACE", "E"), (), "take or put"),
    "gadget": Key("g", ("G",), (), "use gadget"),
}
WAIT_KEY = Key(".", ("PERIOD", "KP_PERIOD"), ("wait", "wait"), "wait a step")
WAITING = ("stay",)  # actions that waiting stands for
WINDOW_KEYS = (
    Key("Tab", ("TAB",), ("seat",), "another seat"),
    Key("v", ("V",), ("fog",), "only what you see"),
    Key("t", ("T",), ("clock",), "let time run"),
    Key("+ -", ("PLUS", "MINUS"), ("faster", "slower"), "faster, slower"),
    Key("", ("EQUALS", "SHIFT+EQUALS"), ("faster", "faster"), ""),
    Key("", ("KP_PLUS", "KP_MINUS"), ("faster", "slower"), ""),
    Key("r", ("R",), ("again",), "begin again"),
    Key("c", ("C",), ("palette",), "colours"),
    Key("F12", ("F12",), ("screenshot",), "save a picture"),
    Key("Esc", ("ESCAPE", "Q"), ("end", "end"), "end and save"),
)


def action_keys(actions: tuple[str, ...]) -> tuple[Key, ...]:
    """Return a key for every action, and for waiting; one without a key gets a digit: its own, or one from 1 on."""
    digits = iter("123456789")
    table = []
    for action in (name for name in actions if name not in WAITING):
        found = ACTION_KEYS.get(action)
        number = action.rpartition(" ")[2]
        if len(number) == 1 and number.isdigit():  # digit 3 has the key 3
            found = Key(number, (number,), (), action)
        if found is None and (digit := next(digits, "")):
            found = Key(digit, (digit,), (), action)
        if found is not None:
            commands = (action,) * len(found.names)
            table.append(Key(found.label, found.names, commands, found.meaning))
    return (*table, WAIT_KEY)


def bindings(actions: tuple[str, ...]) -> dict[str, str]:
    """Return the command or the action that each key gives, by the key's name."""
    return {
        name: command
        for key in (*action_keys(actions), *WINDOW_KEYS)
        for name, command in zip(key.names, key.commands, strict=True)
    }


def command_of(name: str, bound: dict[str, str]) -> str:
    """Return what a key gives, "" for nothing; a letter with Shift counts as the letter."""
    return bound.get(name) or bound.get(name.removeprefix(SHIFT), "")
