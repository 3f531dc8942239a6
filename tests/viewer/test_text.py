"""Text from strangers' files reaches the font only cleaned, clipped and wrapped."""

from hypothesis import given
from hypothesis import strategies as st

from viewer.text import clean, clip, signed, wrap

HOSTILE = ("\x00", "\ud800 lone", "a" * 20_000, "\u202e reversed", "\n\t\x1b[31m", "🜁" * 9, "")


def wide(words):
    return 8 * len(words)


@given(st.one_of(st.text(), st.sampled_from(HOSTILE)), st.integers(0, 300))
def test_clipped_text_fits_and_holds_nothing_a_font_refuses(words, most):
    line = clip(words, wide, most)
    assert wide(line) <= max(most, 0)
    assert all(32 <= ord(letter) < 0xD800 for letter in line)


@given(st.one_of(st.text(), st.sampled_from(HOSTILE)), st.integers(40, 300), st.integers(0, 5))
def test_wrapped_text_keeps_its_lines_and_its_width(words, most, lines):
    wrapped = wrap(words, wide, most, lines)
    assert len(wrapped) <= lines
    assert all(wide(line) <= most for line in wrapped)


def test_plain_words_survive():
    assert clean("touch  red,\nthen blue") == "touch red, then blue"
    assert wrap("one two three", wide, 64, 3) == ["one two", "three"]
    assert wrap("one two three four", wide, 64, 1) == ["one t..."]


def test_rewards_read_as_people_write_them():
    assert [signed(value) for value in (1000, -1000, 0, 500, -250, 12345)] == [
        "+1",
        "-1",
        "0",
        "+0.5",
        "-0.25",
        "+12.345",
    ]
