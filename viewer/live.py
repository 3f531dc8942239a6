"""A window that shows frames as they come: the `human` render mode of the PettingZoo face."""

import numpy as np
import pygame

from viewer.text import clean

SMALLEST = 160  # pixels of the window's edge at the first frame


class LiveWindow:
    """Shows one frame after another; after the watcher closes the window, later frames are dropped."""

    def __init__(self, title: str = "Ratchet") -> None:
        self.title = clean(title, 80)
        self.closed = False
        self._surface: pygame.Surface | None = None

    def show(self, frame: np.ndarray) -> None:
        """Show `frame` uint8 [H, W, 3], scaled by whole numbers to fit the window; opens it at the first call."""
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
            raise ValueError(f"a frame is uint8 [H, W, 3], this is {frame.dtype} {frame.shape}")
        if self.closed:
            return
        height, width = frame.shape[:2]
        if self._surface is None:
            self._surface = self._open((max(width, SMALLEST), max(height, SMALLEST)))
        if any(event.type == pygame.QUIT for event in pygame.event.get()):
            self.close()
            return
        window = pygame.display.get_surface() or self._surface
        image = pygame.image.frombuffer(
            np.ascontiguousarray(frame).tobytes(), (width, height), "RGB"
        )
        factor = max(min(window.get_width() // width, window.get_height() // height), 1)
        image = pygame.transform.scale(image, (width * factor, height * factor))
        window.fill((17, 19, 24))
        window.blit(image, image.get_rect(center=window.get_rect().center))
        pygame.display.flip()

    def close(self) -> None:
        """Close the window; safe to call again."""
        if self._surface is not None:
            pygame.display.quit()
        self._surface = None
        self.closed = True

    def _open(self, size: tuple[int, int]) -> pygame.Surface:
        try:
            pygame.display.init()
            surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as problem:
            raise RuntimeError(
                f"no window can be opened ({problem}): use render_mode='rgb_array'"
            ) from None
        pygame.display.set_caption(self.title)
        return surface
