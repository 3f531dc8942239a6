"""Distillation: the young act as their elders would where they are (kickstarting; Schmitt 2018)."""

from __future__ import annotations

from configs.schema import Settings
from culture.channels.channel import Channel
from populations.losses import Term


class Distil(Channel):
    """The elders' action probabilities on the young's own episodes, where the young see nobody."""

    imitates = True

    @staticmethod
    def weight_of(settings: Settings) -> float:
        return settings.transmission.distil

    def terms(self, progress: float) -> list[Term]:
        weight, elders = self.weight(progress), self.lesson.elders
        if not elders or not weight:
            return []
        return [Term("distil", weight, elders=tuple(range(len(elders))))]
