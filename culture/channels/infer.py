"""Imitation from observation alone: what elders did is inferred from what can be seen of it (Torabi 2018)."""

from __future__ import annotations

from configs.schema import Settings
from culture.channels.channel import Channel
from culture.recordings import Recorder
from culture.setting import Setting
from culture.transmission import Lesson, visibility_over_life
from populations.losses import Term
from populations.member import Member
from populations.units import Roll


class Infer(Channel):
    """Recordings without their actions, each step as visible as elders are at that time of life.

    Where demonstrators comment, nothing need be inferred: the comments that the young see are actions.
    """

    imitates = True

    def __init__(self, setting: Setting, lesson: Lesson, recorder: Recorder) -> None:
        super().__init__(setting, lesson, recorder)
        self.commented = len(setting.family.turns) > 1
        self.recordings = None if self.commented else recorder.recordings

    @staticmethod
    def weight_of(settings: Settings) -> float:
        return settings.learner.infer_weight

    def demonstrations(self, member: Member, key: int, progress: float) -> list[Roll]:
        if self.recordings is None or not self.weight(progress):
            return []
        return [self.recordings.lesson(self.setting, f"sights for {member.name}", key)]

    def terms(self, progress: float) -> list[Term]:
        weight = self.weight(progress)
        if not weight:
            return []
        if self.commented:
            return [Term("comments", weight)] if self.someone_knows else []
        if self.recordings is None:
            return []
        (visibility,) = visibility_over_life(self.setting.settings.culture, progress, 1)
        return [Term("infer", weight, demonstrations=1, facts=(("visibility", float(visibility)),))]
