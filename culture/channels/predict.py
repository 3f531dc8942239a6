"""Attention to demonstrators: the young also learn to tell where they will be seen next (Bhoopchand 2023)."""

from __future__ import annotations

from configs.schema import Settings
from culture.channels.channel import Channel
from populations.losses import Term


class Predict(Channel):
    """The cell of the view that holds a demonstrator at the next step, the symbol it shows, or "unseen"."""

    @staticmethod
    def weight_of(settings: Settings) -> float:
        return settings.learner.predict_weight

    def terms(self, progress: float) -> list[Term]:
        """All life long: it teaches to look, not what to do."""
        weight = self.weight_of(self.setting.settings)
        return [Term("predict", weight)] if weight and self.someone_knows else []
