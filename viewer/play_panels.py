"""What the play screen shows: the world, the goal with its ticks, the agent's own sight, the keys, the trials."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import pygame
from pygame import Rect

from viewer import play_keys
from viewer.attempt import Attempt
from viewer.canvas import EDGE, PANEL, QUIET, TEXT, Canvas, Colour, Colours
from viewer.panels import HIGHLIGHT, PAD, draw_due
from viewer.screen import fitting_tile
from viewer.text import signed
from worlds.palettes import PALETTES, agent_colour
from worlds.render import TILES
from worlds.render import draw as picture
from worlds.scene import Scene, Strip

HEADER = 42  # pixels
BOTTOM = 84
MARGIN = 12
GAP = 20  # between facts on one line
TICK = 16  # edge of a tick's box
HELD: Colour = (110, 220, 140)  # a condition that holds; its tick says the same without colour
FEW = 3  # agents that are listed one below another
WORDS = 0.6  # of the column's height that goal and rules may take
SMALLEST = (640, 480)


@dataclass(frozen=True)
class Moment:
    """All that one picture of the play screen depends on."""

    name: str  # of the task
    attempt: Attempt
    scene: Scene  # what is shown of the world
    view: Scene  # what the person's agent sees
    last: tuple[str, int] | None  # action and reward in thousandths
    running: int  # steps per second, 0 while the world waits
    fog: bool
    tries: int
    palette: str

    @property
    def seat(self) -> int:
        """The person's agent."""
        return self.attempt.seat

    @property
    def strip(self) -> Strip:
        """How the person's agent stands."""
        return next(strip for strip in self.scene.strips if strip.number == self.seat)

    @property
    def present(self) -> bool:
        """Whether the person's agent is on the board."""
        return not self.strip.gone


def draw(canvas: Canvas, moment: Moment) -> None:
    """Draw every panel for a window of the canvas's size."""
    width, height = (max(*pair) for pair in zip(canvas.surface.get_size(), SMALLEST, strict=True))
    colours = PALETTES[moment.palette]
    _header(canvas, Rect(0, 0, width, HEADER), moment, colours)
    top, bottom = HEADER + MARGIN, height - BOTTOM
    side = min(max(width - 3 * MARGIN - (bottom - top), 300), 460)
    world = Rect(MARGIN, top, width - 3 * MARGIN - side, bottom - top - MARGIN)
    draw_board(canvas, world, moment.scene, moment.palette)
    column = Rect(world.right + MARGIN, top, side, bottom - top - MARGIN)
    column = _keys(canvas, column, moment)
    column = _agents(canvas, column, moment, colours)
    words = Rect(column.left, column.top, column.width, round(column.height * WORDS))
    with canvas.within(words):
        sight = _below(column, min(_goal(canvas, words, moment, colours), words.height) + MARGIN)
    draw_sight(canvas, sight, moment.view, moment.seat, moment.palette)
    _progress(canvas, Rect(MARGIN, bottom, width - 2 * MARGIN, BOTTOM - MARGIN), moment)


def _header(canvas: Canvas, place: Rect, moment: Moment, colours: Colours) -> None:
    pygame.draw.rect(canvas.surface, PANEL, place)
    pygame.draw.line(canvas.surface, EDGE, place.bottomleft, place.bottomright)
    top = place.centery - canvas.line() // 2 + 2
    right = place.right - 14
    clock = f"{moment.running} steps a second" if moment.running else "the world waits for you"
    right -= canvas.write(clock, (right, top), place.width // 3, QUIET, align="right") + GAP
    seat = moment.seat
    canvas.badge((place.left + 26, place.centery), 26, agent_colour(colours, seat), str(seat))
    facts = [f"You play agent_{seat}", moment.name]
    if moment.tries > 1:
        facts.append(f"attempt {moment.tries}")
    canvas.row(facts, (place.left + 50, top), right - place.left - 50)


def draw_board(canvas: Canvas, place: Rect, scene: Scene, palette: str) -> None:
    """Draw the world as large as fits; of a larger one the part in the middle."""
    tile = fitting_tile(scene.floor.shape, place)
    canvas.picture(picture(replace(scene, strips=(), trials=()), tile, palette), place)


def _goal(canvas: Canvas, place: Rect, moment: Moment, colours: Colours) -> int:
    """What the person's agent is after, ticked while it holds, the rules it may read, and what else is known.

    Returns the height it took.
    """
    strip = moment.strip
    canvas.write(f"Goal of agent_{moment.seat}", place.topleft, place.width, QUIET, "small")
    left = _below(place, canvas.line("small") + 4)
    if strip.options:
        left = _options(canvas, left, strip)
    elif moment.fog:
        words = f"{strip.reached} reached; which comes next, only reward tells"
        left = _below(left, canvas.paragraph(words, left))
    else:
        draw_due(canvas, Rect(left.left, left.top, left.width, 34), strip, "", colours)
        left = _below(left, 38)
    for rule, run in groupby(strip.rules):
        count = len(list(run))
        words = f"Rule: {rule}" + (f", {count} times" if count > 1 else "")
        left = _below(left, canvas.paragraph(words, left) + 3)
    if not moment.fog:
        left = _others(canvas, left, moment, colours)
    return left.top - place.top


def _others(canvas: Canvas, place: Rect, moment: Moment, colours: Colours) -> Rect:
    """What the other agents are after, then how the task is rewarded or, where goals have no words, all of it."""
    for strip, told in zip(moment.scene.strips, moment.scene.told, strict=False):
        if strip.number != moment.seat and place.height >= canvas.line("small"):
            colour = agent_colour(colours, strip.number)
            canvas.badge((place.left + 10, place.top + 8), 20, colour, str(strip.number))
            room = Rect(place.left + 28, place.top, place.width - 28, place.height)
            place = _below(place, canvas.paragraph(told, room, QUIET) + 5)
    last = moment.attempt.family.space.describe(moment.attempt.row).splitlines()[-1]
    return _below(place, canvas.paragraph(last, place, QUIET))


def _options(canvas: Canvas, place: Rect, strip: Strip) -> Rect:
    """Every way to the goal as a list of conditions, ticked while they hold; returns what is left of `place`."""
    step = canvas.line("small")
    for number, (holds, words) in enumerate(zip(strip.options, strip.conditions, strict=True)):
        if number:
            canvas.write("or", place.topleft, place.width, QUIET, "small")
            place = _below(place, step)
        whole = Rect(place.left - 5, place.top - 3, place.width + 10, 0)
        for held, condition in zip(holds, words, strict=True):
            if place.height >= step:
                _tick(canvas, (place.left, place.top), held)
            room = Rect(place.left + TICK + 10, place.top, place.width - TICK - 10, place.height)
            taken = canvas.paragraph(condition, room, HELD if held else TEXT)
            place = _below(place, max(taken, step) + 2)
        if all(holds):
            whole.height = place.top - whole.top
            pygame.draw.rect(canvas.surface, HELD, whole, 2, border_radius=5)
        place = _below(place, 5)
    return place


def _tick(canvas: Canvas, place: tuple[int, int], held: bool) -> None:
    x, y = place
    box = Rect(x, y, TICK, TICK)
    pygame.draw.rect(canvas.surface, HELD if held else QUIET, box, 2, border_radius=3)
    if held:
        points = [(x + 3, y + 8), (x + 7, y + 12), (x + 13, y + 3)]
        pygame.draw.lines(canvas.surface, HELD, False, points, 3)


def draw_sight(canvas: Canvas, place: Rect, view: Scene, agent: int, palette: str) -> None:
    """Draw what an agent itself sees: it stands below and looks up."""
    step = canvas.line("small")
    room = Rect(place.left, place.top, place.width, place.height - step)
    if room.height < TILES[0] * (len(view.floor) + 1):
        return
    tile = fitting_tile(view.floor.shape, room)
    at = canvas.picture(picture(replace(view, strips=(), trials=()), tile, palette), room)
    words = f"what agent_{agent} sees, ahead is up"
    canvas.write(words, (at.centerx, at.bottom + 4), place.width, QUIET, "small", "centre")


def _agents(canvas: Canvas, column: Rect, moment: Moment, colours: Colours) -> Rect:
    """Who plays each agent, and its return, at the bottom of the column; returns what is left of it."""
    attempt = moment.attempt
    across = 1 if attempt.agents <= FEW else 2
    step, rows = 28, -(-attempt.agents // across)
    place = Rect(column.left, column.bottom - step * rows - PAD, column.width, step * rows + PAD)
    canvas.panel(place)
    wide = place.width // across
    for agent, co_player in enumerate(attempt.co_players[: attempt.agents]):
        left, y = (
            place.left + agent // rows * wide,
            place.top + PAD // 2 + step * (agent % rows) + 14,
        )
        top = y - canvas.line("small") // 2 + 2
        canvas.badge((left + 20, y), 22, agent_colour(colours, agent), str(agent))
        mine = agent == attempt.seat
        name = co_player.name or co_player.role
        who = "you" if mine else name if across > 1 else PLAIN.get(name, name)
        reward = signed(int(attempt.returns[agent]))
        reward = reward if across > 1 else f"return {reward}"
        right = left + wide - PAD
        right -= canvas.write(reward, (right, top), 130, TEXT, "small", "right") + GAP
        colour = HIGHLIGHT if mine else TEXT
        canvas.write(who, (left + 40, top), right - left - 40, colour, "small")
    return _above(column, place)


PLAIN = {  # who plays, in other words than a record's
    "noop": "a script that waits",
    "random": "a script that moves at random",
    "oracle": "a script that knows the task",
}


def _keys(canvas: Canvas, column: Rect, moment: Moment) -> Rect:
    """The table of keys at the bottom of the column; returns what is left of it."""
    actions = moment.attempt.family.action_names
    table = [key for key in play_keys.action_keys(actions) if key.label]
    table += [key for key in play_keys.WINDOW_KEYS if key.label]
    step = canvas.line("small")
    rows = -(-len(table) // 2)
    place = Rect(column.left, 0, column.width, rows * step + 2 * PAD)
    place.bottom = column.bottom
    canvas.panel(place)
    half = (place.width - 2 * PAD) // 2
    for number, key in enumerate(table):
        across, down = divmod(number, rows)
        left, top = place.left + PAD + across * half, place.top + PAD + down * step
        canvas.write(key.label, (left, top), 54, HIGHLIGHT, "small")
        canvas.write(key.meaning, (left + 56, top), half - 60, TEXT, "small")
    return _above(column, place)


def _progress(canvas: Canvas, place: Rect, moment: Moment) -> None:
    """One line on what happened last and what to do, then a bar for every trial with its return."""
    attempt = moment.attempt
    line = Rect(place.left, place.top, place.width, canvas.line())
    left = line.left
    left += canvas.write(f"step {attempt.steps} of {attempt.family.horizon}", line.topleft, 200)
    if moment.last is not None:
        action, reward = moment.last
        words = f"{action}: reward {signed(reward)}"
        colour = HELD if reward > 0 else HIGHLIGHT if reward else QUIET
        left += GAP + canvas.write(words, (left + GAP, line.top), 300, colour)
    words, colour = _advice(moment)
    canvas.write(words, line.topright, line.right - left - GAP, colour, align="right")
    bar = Rect(place.left, line.bottom + 6, place.width, place.bottom - line.bottom - 6)
    _trials(canvas, bar, moment.scene.trials, attempt.trial_returns[moment.seat].tolist())


def _trials(canvas: Canvas, bar: Rect, trials: Sequence[float], returns: Sequence[int]) -> None:
    """A part for each trial, filled as far as it has passed, with the return in thousandths."""
    wide = bar.width / max(len(trials), 1)
    for number, passed in enumerate(trials):
        left = round(bar.left + number * wide)
        part = Rect(left, bar.top, round(bar.left + (number + 1) * wide) - left - 4, bar.height)
        pygame.draw.rect(canvas.surface, PANEL, part, border_radius=4)
        filled = Rect(part.left, part.bottom - 6, round(part.width * passed), 6)
        pygame.draw.rect(canvas.surface, TEXT, filled)
        got = signed(returns[number])
        label = f"trial {number + 1}: {got}" if wide > 110 else got
        colour = TEXT if passed else QUIET
        canvas.write(label, (part.left + 8, part.top + 3), part.width - 12, colour, "small")


def _advice(moment: Moment) -> tuple[str, Colour]:
    """What the person should know or do now."""
    attempt = moment.attempt
    if attempt.over:
        gained = signed(int(attempt.returns[moment.seat]))
        return (
            f"The episode is over, your return is {gained}. r: again, Esc: save and end",
            HIGHLIGHT,
        )
    if not moment.present:
        return f"agent_{moment.seat} is not there now: . lets time pass", HIGHLIGHT
    if not attempt.steps:
        return "Press a key of the table to act", HIGHLIGHT
    return "", TEXT


def _above(column: Rect, place: Rect) -> Rect:
    return Rect(column.left, column.top, column.width, max(place.top - MARGIN - column.top, 0))


def _below(place: Rect, taken: int) -> Rect:
    return Rect(place.left, place.top + taken, place.width, max(place.height - taken, 0))
