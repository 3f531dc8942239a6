"""The live window shows frames of any size and ends quietly."""

import numpy as np
import pytest

pygame = pytest.importorskip("pygame")

from viewer.live import LiveWindow  # noqa: E402  (needs pygame)


@pytest.fixture
def window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    made = LiveWindow("goal\x00sequence")
    yield made
    made.close()


def test_a_frame_is_shown_in_the_middle_of_the_window(window):
    frame = np.full((40, 60, 3), (230, 159, 0), dtype=np.uint8)
    window.show(frame)
    surface = pygame.display.get_surface()
    assert tuple(surface.get_at(surface.get_rect().center))[:3] == (230, 159, 0)


def test_frames_after_closing_are_dropped(window):
    frame = np.zeros((200, 200, 3), dtype=np.uint8)
    window.show(frame)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    window.show(frame)
    assert window.closed
    window.show(frame)
    window.close()


def test_what_is_no_frame_is_refused(window):
    with pytest.raises(ValueError, match="uint8"):
        window.show(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="uint8"):
        window.show(np.zeros((0, 4, 3), dtype=np.uint8))


def test_without_a_display_the_other_render_mode_is_named(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "nosuchdriver")
    with pytest.raises(RuntimeError, match="rgb_array"):
        LiveWindow().show(np.zeros((8, 8, 3), dtype=np.uint8))
