"""Text that a font can always draw: cleaned of what it refuses, clipped and wrapped to a width in pixels."""

from collections.abc import Callable

LONGEST = 2000  # characters of any text that reaches a font; a wider surface would eat the memory
ELLIPSIS = "..."

Width = Callable[[str], int]  # pixels that a text takes


def clean(text: object, longest: int = LONGEST) -> str:
    """Return `text` on one line, without control characters, lone surrogates or astral signs."""
    words = str(text)[: 4 * longest]
    letters = "".join(letter if _drawable(letter) else " " for letter in words)
    letters = " ".join(letters.split())
    return letters if len(letters) <= longest else letters[: longest - len(ELLIPSIS)] + ELLIPSIS


def clip(text: object, width: Width, most: int) -> str:
    """Return the cleaned text, cut with an ellipsis so that it takes at most `most` pixels."""
    line = clean(text)
    if width(line) <= most:
        return line
    low, high = 0, len(line)  # the longest fitting part has between low and high letters
    while low < high:
        middle = (low + high + 1) // 2
        if width(line[:middle].rstrip() + ELLIPSIS) <= most:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + ELLIPSIS if low else ""


def wrap(text: object, width: Width, most: int, lines: int) -> list[str]:
    """Return the cleaned text as at most `lines` lines of at most `most` pixels each."""
    words = clean(text).split()
    wrapped: list[str] = []
    while words and len(wrapped) < lines:
        if len(wrapped) == lines - 1:
            wrapped.append(clip(" ".join(words), width, most))
            break
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1])) <= most:
            taken += 1
        wrapped.append(clip(" ".join(words[:taken]), width, most))
        words = words[taken:]
    return wrapped


def signed(thousandths: int) -> str:
    """Return a reward as people read it: +1, -0.5, 0."""
    value = thousandths / 1000
    return "0" if thousandths == 0 else f"{value:+.3f}".rstrip("0").rstrip(".")


def _drawable(letter: str) -> bool:
    code = ord(letter)
    return (
        32 <= code < 0xD800
        and not 0x7F <= code < 0xA0
        and not 0x200B <= code <= 0x200F
        and not 0x2028 <= code <= 0x202E
    )
