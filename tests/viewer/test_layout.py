"""No panel covers another, at any size of the window."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from viewer.layout import SMALLEST, layout  # noqa: E402  (needs pygame)

switches = st.booleans()


@given(
    st.integers(1, 4000),
    st.integers(1, 3000),
    st.integers(1, 9),
    st.integers(0, 8),
    switches,
    switches,
    switches,
)
def test_panels_stand_apart_and_inside_the_window(
    width, height, agents, chosen, goal, panes, minimal
):
    chosen = min(chosen, agents - 1)
    places = layout((width, height), agents, chosen, goal, panes, minimal)
    window = pygame.Rect(0, 0, *places.size)
    panels = [
        places.header,
        places.world,
        places.goal,
        places.status,
        places.timeline,
        *places.cards,
    ]
    panels = [panel for panel in panels if panel.width and panel.height]
    assert places.size[0] >= SMALLEST[0] and places.size[1] >= SMALLEST[1]
    assert all(window.contains(panel) for panel in panels)
    assert all(not a.colliderect(b) for a, b in itertools.combinations(panels, 2))
    if panes and not minimal:
        assert places.first <= chosen < places.first + len(places.cards)
    assert min(places.world.size) >= 200
