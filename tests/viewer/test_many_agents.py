"""A world of many agents that come and go, as the viewer shows it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pygame = pytest.importorskip("pygame")

from tests.worlds.playground.stand_in import layout_of, observation_of, state_of  # noqa: E402
from tests.worlds.playground.tasks import SIZES, example  # noqa: E402
from viewer.canvas import Canvas  # noqa: E402
from viewer.screen import ReplayScreen  # noqa: E402
from viewer.shelf import Shelf  # noqa: E402
from viewer.story import Story  # noqa: E402
from viewer.timeline import draw_timeline, plot_area  # noqa: E402
from worlds.episode import Agent, Episode  # noqa: E402
from worlds.palettes import PALETTES  # noqa: E402
from worlds.playground import picture  # noqa: E402
from worlds.playground.constants import ABSENT, ACTIONS  # noqa: E402
from worlds.playground.reference import ReferenceWorld  # noqa: E402
from worlds.playground.task import Task  # noqa: E402

STEPS, AGENTS = 12, 4


@pytest.fixture(scope="module")
def worlds() -> list[tuple[Task, ReferenceWorld]]:
    """A task and its world at each position; of three agents one leaves and one is never there."""
    task = example()._replace(bodies=3)
    room = len(task.kinds)
    task.cells[room : room + 3] = (6, 3), (4, 3), (5, 5)  # agent_0 looks at agent_1
    task.present[:2, :3] = task.trial_length, 8, 0
    draws = np.random.default_rng(1)
    moves = draws.integers(0, 6, (STEPS, 3)).tolist()
    played = []
    for length in range(STEPS + 1):
        one = ReferenceWorld(task, SIZES.view)
        for actions in moves[:length]:
            one.step(actions)
        played.append((task, one))
    return played


@pytest.fixture(scope="module")
def story(worlds) -> Story:
    layout = layout_of(SIZES)
    views = np.zeros((STEPS + 1, AGENTS, layout["body"][0].stop), np.uint8)
    for step, (_, one) in enumerate(worlds):
        for agent in range(one.bodies):
            views[step, agent] = observation_of(one, agent)
    nothing = np.zeros((STEPS, AGENTS))
    episode = Episode(
        world="playground",
        version=0,
        settings={},
        task=np.zeros(1, np.int16),
        actions=nothing.astype(np.uint8),
        visible=np.ones(STEPS, np.uint8),
        rewards=nothing.astype(np.int16),
        agents=tuple(Agent(f"agent_{n}", f"member_{n}", "young") for n in range(AGENTS)),
        generation=0,
        split="eval",
        digests=(),
    )
    return Story(
        episode=episode,
        family=SimpleNamespace(
            view_scene=lambda seen: picture.view_scene(seen, layout), action_names=ACTIONS, trials=1
        ),
        sentence="Three agents.",
        scenes=tuple(picture.scene(SIZES, state_of(task, SIZES, one), 0) for task, one in worlds),
        views=views,
        returns=np.zeros((STEPS + 1, AGENTS), np.int64),
        trials=np.zeros(STEPS + 1, np.int64),
        boundaries=(),
        events=(),
    )


@pytest.fixture
def screen(story):
    pygame.display.init()
    pygame.font.init()
    shelf = Shelf("run", [story.episode])
    shelf._stories[0] = story
    return ReplayScreen(shelf)


def _drawn(screen, size=(1280, 800)) -> np.ndarray:
    surface = pygame.Surface(size)
    screen.draw(Canvas(surface))
    return pygame.surfarray.array3d(surface)


def test_a_story_has_the_agents_of_its_task_and_says_where_they_are(story, worlds):
    assert story.agents == 3
    for step, (_, one) in enumerate(worlds):
        for agent in range(3):
            thing = one.slots_total + agent
            there = one.away[thing] != ABSENT
            assert story.place(step, agent) == (one.cells[thing] if there else None)
    assert story.place(0, 1) is not None
    assert story.place(STEPS, 1) is None


def test_a_card_counts_the_steps_until_its_agent_leaves_and_says_when_all_are_gone(screen, story):
    told = []
    canvas = Canvas(pygame.Surface((1280, 800)))
    canvas.write = lambda text, *place, **look: told.append(text) or 0
    seen = {}
    for step in (0, 7, 8, STEPS):
        screen.playback.command("seek", step)
        told.clear()
        screen.draw(canvas)
        seen[step] = {*told} & {
            *("leaves in 8 steps", "leaves in 1 step", "leaves now"),
            *("not in the world now", "others visible", "others gone"),
        }
    never = "not in the world now"  # agent_2
    assert seen == {
        0: {"leaves in 8 steps", "others visible", never},
        7: {"leaves in 1 step", "others visible", never},
        8: {"leaves now", "others visible", never},
        STEPS: {"others gone", never},
    }
    assert story.sights() == [(0, 9)]


def test_every_agent_can_be_chosen_at_every_size_of_the_window(screen):
    for size in ((640, 480), (1280, 800)):
        for step in (0, STEPS):
            screen.playback.command("seek", step)
            for agent in range(3):
                screen.playback.command("agent", agent)
                assert _drawn(screen, size).any()


def test_sight_darkens_what_the_chosen_agent_does_not_see(screen, story, worlds):
    step, tile = 0, 16
    plain, shaded = (story.board(step, tile, sight=sight) for sight in (None, 0))
    _, one = worlds[step]
    for row, column in np.ndindex(story.grid):
        top, left = 4 + row * tile, 4 + column * tile  # a quarter of a tile is around the board
        cell = slice(top, top + tile), slice(left, left + tile)
        seen = (row, column) in one.sights[0]
        assert (shaded[cell] == plain[cell]).all() == seen
    before = _drawn(screen)
    screen.press("S")
    assert (_drawn(screen) != before).any()


def test_trails_lie_below_things_and_above_the_ground(screen):
    screen.playback.command("seek", STEPS)
    with_trails = _drawn(screen)
    screen.press("T")
    assert (_drawn(screen) != with_trails).any()


def test_agents_bear_their_own_colours_in_the_views_of_others(story, worlds):
    tile, met = 24, 0
    for step, (_, one) in enumerate(worlds):
        for agent in range(one.bodies):
            if one.away[one.slots_total + agent] != 0:
                continue
            seen = story.view(step, agent, tile, "okabe_ito").reshape(-1, 3)
            for other, cell in enumerate(map(tuple, one.cells[one.slots_total :][:3])):
                if cell in one.sights[agent] and one.agent_at.get(cell) == other:
                    colour = PALETTES["okabe_ito"][f"agent_{other}"]
                    assert (seen == colour).all(axis=1).sum() > 40
                    met += other != agent
    assert met


def test_signs_of_an_agent_that_is_paid_at_every_step_stay_apart(screen, story):
    paid = replace(story, events=tuple((step + 1, 2, 1000) for step in range(STEPS)), _kept={})
    place = pygame.Rect(0, 0, 100, 170)
    drawn = []
    canvas = Canvas(pygame.Surface((640, 480)))
    canvas.sign = lambda shape, centre, size, colour: drawn.append((shape, *centre))
    for chosen in (0, 2):
        drawn.clear()
        draw_timeline(canvas, place, paid, STEPS, PALETTES["okabe_ito"], chosen)
        signs = [x for shape, x, _ in drawn if shape == "triangle"]
        assert len(signs) >= 2 and min(np.diff(signs)) >= 5


def test_in_a_low_window_the_timeline_keeps_room_for_returns(story):
    for height in (112, 130, 200):
        for agents in range(1, 9):
            place = pygame.Rect(0, 0, 640, height)
            area = plot_area(place, agents)
            assert area.height >= 25 and place.contains(area)
