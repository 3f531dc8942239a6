"""Shaping: it pays to come near a demonstrator that is seen; which policy is best stays the same (Ng 1999)."""

from __future__ import annotations

from configs.schema import Settings
from culture.channels.channel import Channel
from populations.losses import Term


class Shaping(Channel):
    """A reward beside the world's, which is no part of any return: how much nearer the demonstrator is seen."""

    @staticmethod
    def weight_of(settings: Settings) -> float:
        return settings.transmission.shaping

    def terms(self, progress: float) -> list[Term]:
        weight = self.weight(progress)
        return [Term("shaping", weight)] if weight and self.someone_knows else []
