"""The panels of the replay screen: header, goal, agents' cards and the status line."""

import pygame
from pygame import Rect

from viewer.canvas import EDGE, PANEL, QUIET, TEXT, Canvas, Colour, Colours
from viewer.keys import KEYS
from viewer.playback import Playback
from viewer.shelf import Shelf
from viewer.story import Story
from viewer.text import signed
from worlds.palettes import agent_colour
from worlds.render import TILES
from worlds.scene import Strip

HIGHLIGHT: Colour = (240, 228, 66)  # Okabe-Ito yellow: what is chosen now
PAD = 9
HEAD = 30  # pixels of a card's first line
GAP = 24  # between facts on one line


def draw_header(
    canvas: Canvas, place: Rect, shelf: Shelf, story: Story, playback: Playback
) -> None:
    """Draw the run's name, generation, split and world, what is damaged, and which replay of how many this is."""
    pygame.draw.rect(canvas.surface, PANEL, place)
    pygame.draw.line(canvas.surface, EDGE, place.bottomleft, place.bottomright)
    middle = place.centery - canvas.line() // 2 + 2
    position = f"replay {playback.index + 1} of {len(playback.tracks)}"
    right = place.right - 14
    right -= canvas.write(position, (right, middle), place.width // 3, TEXT, align="right") + GAP
    if shelf.damage:
        damage = canvas.write(shelf.damage, (right, middle), right, HIGHLIGHT, align="right")
        right -= damage + GAP
    episode = story.episode
    facts = (f"generation {episode.generation}", episode.split, episode.world)
    left = place.left + 14
    most = max(right - left - sum(canvas.width(fact) + GAP for fact in facts), place.width // 4)
    left += canvas.write(shelf.name, (left, middle), most) + GAP
    canvas.row(facts, (left, middle), max(right - left, 0), QUIET)


def draw_status(canvas: Canvas, place: Rect, story: Story, playback: Playback) -> Rect:
    """Draw play or pause, step, trial and speed; returns the place of the play button."""
    button = Rect(place.left, place.centery - 14, 28, 28)
    _button(canvas, button, playback.playing)
    left, top = button.right + 12, place.centery - canvas.line() // 2 + 2
    canvas.write(f"step {playback.step} of {playback.length}", (left, top), 190)
    left += canvas.width(f"step {playback.length} of {playback.length}") + GAP
    facts = [f"speed {playback.speed:g}x"]
    if story.family.trials > 1:
        facts.insert(0, f"trial {story.trials[playback.step] + 1} of {story.family.trials}")
    if playback.looping:
        facts.append("loop")
    right = place.right
    right -= canvas.write("h: help", (right, top), 120, QUIET, align="right") + GAP
    canvas.row(facts, (left, top), max(right - left, 0), QUIET)
    return button


def draw_goal(
    canvas: Canvas, place: Rect, story: Story, playback: Playback, colours: Colours
) -> None:
    """Draw the task's sentence and, for each agent, the goals reached and those due next."""
    canvas.panel(place)
    inside = place.inflate(-2 * PAD, -2 * PAD)
    tall = 34  # pixels of an agent's line
    scene = story.scenes[playback.step]
    count = min(max((inside.height - 2 * canvas.line("small")) // tall, 1), story.agents)
    first = max(playback.agent - count + 1, 0)  # the chosen agent's line is among those shown
    words = Rect(inside.left, inside.top, inside.width, inside.height - tall * count)
    sentence = story.sentence
    if scene.told:  # on its line there may be no room for all of it
        sentence = f"agent_{playback.agent}: {scene.told[playback.agent]}. {sentence}"
    canvas.paragraph(sentence, words, TEXT)
    for row, strip in enumerate(scene.strips[first : first + count]):
        line = Rect(inside.left, inside.bottom - tall * (count - row), inside.width, tall)
        told = scene.told[strip.number] if scene.told else ""
        draw_due(canvas, line, strip, told, colours)


def draw_card(
    canvas: Canvas, place: Rect, story: Story, playback: Playback, agent: int, colours: Colours
) -> None:
    """Draw who plays an agent, what it last did and got, and what it sees now.

    The view stands below the words in a tall card and beside them in a broad one.
    """
    chosen = agent == playback.agent
    canvas.panel(place, edge=HIGHLIGHT if chosen else EDGE, border=2 if chosen else 1)
    inside = place.inflate(-2 * PAD, -2 * PAD)
    who = story.episode.agents[agent]
    step = canvas.line("small")
    facts = [(fact, TEXT) for fact in _facts(story, playback.step, agent)]
    sight = _sight(story, playback.step, agent)
    words = Rect(inside)
    if place.height > place.width:
        words.height = HEAD + step * len(facts)
        room = Rect(inside.left, words.bottom, inside.width, inside.bottom - words.bottom - step)
        pane = _view(canvas, room, story, playback, agent)
        under = (pane.centerx, pane.bottom + 4)
        canvas.write(sight[0], under, inside.width, sight[1], "small", "centre")
    else:
        side = min(inside.width // 2, inside.height)
        room = Rect(inside.right - side, inside.top, side, inside.height)
        words.width -= _view(canvas, room, story, playback, agent).width + PAD
        facts.append(sight)
    canvas.badge((inside.left + 12, inside.top + 11), 24, agent_colour(colours, agent), str(agent))
    left = words.left + 34
    left += canvas.write(who.role or who.name, (left, words.top + 3), words.right - left) + 12
    if who.member != who.role:
        canvas.write(who.member, (left, words.top + 3), words.right - left, QUIET)
    for row, (fact, colour) in enumerate(facts):
        top = words.top + HEAD + row * step
        if top + step <= words.bottom + 6:
            canvas.write(fact, (words.left, top), words.width, colour, "small")


def draw_help(canvas: Canvas, size: tuple[int, int]) -> None:
    """Draw the table of keys and the meaning of the timeline's signs over the whole window."""
    lines = [key for key in KEYS if key.label]
    step = canvas.line("normal")
    rows = -(-len(lines) // 2)
    width, height = min(780, size[0] - 24), rows * step + 2 * step + 84
    place = Rect((size[0] - width) // 2, (size[1] - height) // 2, width, height)
    canvas.panel(place, PANEL, HIGHLIGHT, 2)
    canvas.write("Keys", (place.left + 20, place.top + 14), width, TEXT, "large")
    half = (width - 40) // 2
    for number, key in enumerate(lines):
        column, row = divmod(number, rows)
        left, top = place.left + 20 + column * half, place.top + 52 + row * step
        canvas.write(key.label, (left, top), 96, HIGHLIGHT, "small")
        canvas.write(key.meaning, (left + 100, top), half - 106, TEXT, "small")
    top = place.top + 64 + rows * step
    left = place.left + 28
    canvas.sign("triangle", (left, top + 8), 14, TEXT)
    left += 18 + canvas.write("a reward", (left + 18, top), half, QUIET, "small") + GAP
    canvas.cross((left, top + 8), TEXT)
    left += 18 + canvas.write("a loss", (left + 18, top), half, QUIET, "small") + GAP
    pygame.draw.rect(canvas.surface, TEXT, Rect(left - 6, top + 6, 24, 5))
    words = "agent 0 may see the others"
    canvas.write(words, (left + 26, top), place.right - left - 36, QUIET, "small")
    canvas.write(
        "click or drag on the timeline: go there; click on a card: choose its agent",
        (place.left + 20, top + step + 2),
        width - 40,
        QUIET,
        "small",
    )


def _button(canvas: Canvas, place: Rect, playing: bool) -> None:
    canvas.panel(place, PANEL, QUIET)
    x, y = place.center
    if playing:
        for shift in (-6, 2):
            pygame.draw.rect(canvas.surface, TEXT, Rect(x + shift, y - 7, 4, 14))
    else:
        pygame.draw.polygon(canvas.surface, TEXT, [(x - 5, y - 8), (x - 5, y + 8), (x + 8, y)])


def _view(canvas: Canvas, room: Rect, story: Story, playback: Playback, agent: int) -> Rect:
    """Draw what an agent sees in the middle of `room`; returns where."""
    rows, columns = story.view_grid(agent)
    tile = int(min(room.height / (rows + 0.5), room.width / (columns + 0.5)))
    if tile < TILES[0]:
        return Rect(room.right, room.top, 0, 0)
    return canvas.picture(story.view(playback.step, agent, tile, playback.palette), room)


def _sight(story: Story, step: int, agent: int) -> tuple[str, Colour]:
    """A word on whether an agent is in the world, for how long, and the others are shown to it, and its colour."""
    if story.place(step, agent) is None:
        return "not in the world now", HIGHLIGHT
    leaves = story.scenes[step].strips[agent].leaves
    if leaves is not None:
        when = f"in {leaves} step{'s' if leaves > 1 else ''}" if leaves else "now"
        return f"leaves {when}", HIGHLIGHT
    if agent or story.agents < 2:
        return "its view", QUIET
    role = "others" if story.agents > 2 else story.episode.agents[1].role or "other"
    if story.left(step):
        return f"{role} gone", HIGHLIGHT
    return (f"{role} visible", TEXT) if story.seen(step) else (f"{role} hidden", HIGHLIGHT)


def draw_due(canvas: Canvas, place: Rect, strip: Strip, told: str, colours: Colours) -> None:
    """Draw one line: the agent, what it has reached, then the goals that come next or its goal in words."""
    y = place.centery
    words = y - canvas.line("small") // 2 + 2
    canvas.badge((place.left + 12, y), 22, agent_colour(colours, strip.number), str(strip.number))
    left = place.left + 34
    if strip.reached is not None:
        canvas.write(f"{strip.reached} reached", (left, words), 110, QUIET, "small")
        left += canvas.width("88 reached", "small") + 14
    if strip.options:
        left = _ways(canvas, (left, y), strip, agent_colour(colours, strip.number))
    if told:
        canvas.write(told, (left, words), place.right - left, TEXT, "small")
    if not strip.coming:
        return
    left += canvas.write("due", (left, words), 60, TEXT, "small") + 24
    for number, (shape, colour) in enumerate(strip.coming):
        x = left + number * 30 + (8 if number else 0)
        if x + 12 > place.right:
            break
        if number == 0:
            pygame.draw.rect(
                canvas.surface, HIGHLIGHT, Rect(x - 15, y - 15, 30, 30), 2, border_radius=6
            )
        canvas.sign(shape, (x, y), 18 if number == 0 else 14, colours[colour])


def _ways(canvas: Canvas, at: tuple[int, int], strip: Strip, colour: Colour) -> int:
    """A square per atom of each way to a goal, full if it is as it should be, and a frame around what is complete.

    Returns where the next thing on the line may stand.
    """
    left, y = at
    for option in strip.options:
        frame = Rect(left, y - 9, 13 * len(option) + 5, 18)
        if all(option):
            pygame.draw.rect(canvas.surface, colour, frame, 2, border_radius=3)
        for number, holds in enumerate(option):
            square = Rect(left + 4 + 13 * number, y - 5, 10, 10)
            pygame.draw.rect(canvas.surface, colour if holds else QUIET, square, 0 if holds else 1)
        left = frame.right + 6
    return left + 6


def _facts(story: Story, step: int, agent: int) -> list[str]:
    last = story.last(step, agent)
    now = "no action yet" if last is None else f"action {last[0]}, reward {signed(last[1])}"
    sum_ = f"return {signed(int(story.returns[step, agent]))}"
    if story.episode.agents[agent].role == "young":  # the record says no one else's generation
        sum_ += f", generation {story.episode.generation}"
    return [sum_, now]
