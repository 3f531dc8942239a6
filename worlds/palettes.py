"""Colours of pictures by name: a palette maps each name to red, green, blue in 0..255.

`paint_0`.. are the floor colours and `agent_0`.. the agents, in their order; `height_0`.. is the
ground, brighter where it is higher.
"""

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
    "height_0": (54, 60, 71),
    "height_1": (80, 87, 99),
    "height_2": (108, 116, 128),
    "height_3": (139, 147, 158),
    "frost": (190, 232, 255),
}

PALETTES: dict[str, dict[str, Colour]] = {
    # Okabe and Ito 2008: told apart in normal, protan, deutan and tritan sight. What they have no
    # colour for was chosen so that the same holds within objects, within floors and within agents.
    "okabe_ito": {
        **_GROUND,
        "orange": (230, 159, 0),
        "blue": (86, 180, 233),
        "green": (0, 158, 115),
        "purple": (124, 70, 178),
        "yellow": (240, 228, 66),
        "red": (213, 60, 36),
        "paint_0": (49, 102, 185),  # blue
        "paint_1": (204, 114, 40),  # orange
        "paint_2": (152, 154, 159),  # grey
        "paint_3": (220, 154, 202),  # pink
        "paint_4": (17, 123, 107),  # teal
        "paint_5": (99, 67, 50),  # brown
        "agent_0": (255, 255, 255),
        "agent_1": (204, 121, 167),
        "agent_2": (86, 180, 233),
        "agent_3": (230, 159, 0),
        "agent_4": (0, 158, 115),
        "agent_5": (240, 228, 66),
        "agent_6": (213, 94, 0),
        "agent_7": (0, 114, 178),
    },
    "high_contrast": {
        **_GROUND,
        "paper": (0, 0, 0),
        "floor": (22, 22, 22),
        "floor_other": (32, 32, 32),
        "outside": (0, 0, 0),
        "height_0": (18, 18, 20),
        "height_1": (48, 48, 52),
        "height_2": (84, 84, 90),
        "height_3": (126, 126, 132),
        "orange": (255, 176, 0),
        "blue": (130, 205, 255),
        "green": (0, 165, 105),
        "purple": (150, 70, 220),
        "yellow": (255, 240, 60),
        "red": (235, 50, 30),
        "paint_0": (30, 90, 200),
        "paint_1": (215, 125, 10),
        "paint_2": (160, 160, 160),
        "paint_3": (240, 140, 195),
        "paint_4": (0, 140, 135),
        "paint_5": (110, 60, 30),
        "agent_0": (255, 255, 255),
        "agent_1": (255, 120, 200),
        "agent_2": (110, 195, 255),
        "agent_3": (255, 165, 0),
        "agent_4": (0, 165, 105),
        "agent_5": (255, 240, 60),
        "agent_6": (225, 80, 0),
        "agent_7": (0, 100, 200),
    },
    "grey": {
        **_GROUND,
        "orange": (176, 176, 176),
        "blue": (206, 206, 206),
        "green": (146, 146, 146),
        "purple": (70, 70, 70),
        "yellow": (214, 214, 214),
        "red": (106, 106, 106),
        "paint_0": (84, 84, 84),
        "paint_1": (150, 150, 150),
        "paint_2": (128, 128, 128),
        "paint_3": (172, 172, 172),
        "paint_4": (106, 106, 106),
        "paint_5": (62, 62, 62),
        "agent_0": (255, 255, 255),
        "agent_1": (112, 112, 112),
        "agent_2": (190, 190, 190),
        "agent_3": (160, 160, 160),
        "agent_4": (136, 136, 136),
        "agent_5": (220, 220, 220),
        "agent_6": (88, 88, 88),
        "agent_7": (64, 64, 64),
        "frost": (236, 236, 236),
    },
}

# Palettes in which a solid thing bears the first letter of its colour.
LETTERED = ("high_contrast", "grey")


def agent_colour(colours: dict[str, Colour], number: int) -> Colour:
    """The colour of an agent; from agent_8 on those of agent_1 .. agent_7 come again."""
    return colours[f"agent_{(number - 1) % 7 + 1 if number else 0}"]


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
