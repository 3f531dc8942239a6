"""Colours of pictures by name: a palette maps each name to red, green, blue in 0..255."""

Colour = tuple[int, int, int]

# The ground is dark and without much colour, so that every mark stands out from it.
_GROUND: dict[str, Colour] = {
    "paper": (24, 26, 31),
    "floor": (50, 54, 62),
    "floor_other": (57, 61, 70),
    "outside": (30, 32, 38),
    "outline": (12, 13, 16),
    "dim": (92, 98, 112),
    "text": (236, 238, 242),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
}

PALETTES: dict[str, dict[str, Colour]] = {
    # Okabe and Ito 2008: told apart in normal, protan, deutan and tritan sight.
    "okabe_ito": {
        **_GROUND,
        "orange": (230, 159, 0),
        "blue": (86, 180, 233),
        "green": (0, 158, 115),
        "agent_0": (255, 255, 255),
        "agent_1": (204, 121, 167),
    },
    "high_contrast": {
        **_GROUND,
        "paper": (0, 0, 0),
        "floor": (22, 22, 22),
        "floor_other": (32, 32, 32),
        "outside": (0, 0, 0),
        "orange": (255, 176, 0),
        "blue": (130, 205, 255),
        "green": (0, 165, 105),
        "agent_0": (255, 255, 255),
        "agent_1": (255, 120, 200),
    },
    "grey": {
        **_GROUND,
        "orange": (176, 176, 176),
        "blue": (206, 206, 206),
        "green": (146, 146, 146),
        "agent_0": (255, 255, 255),
        "agent_1": (112, 112, 112),
    },
}


def ink(colour: Colour) -> str:
    """`black` or `white`, whichever can be read better on this colour (WCAG contrast)."""
    light = _luminance(colour)
    return "black" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "white"


def _luminance(colour: Colour) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
