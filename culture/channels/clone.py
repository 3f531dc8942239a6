"""Cloning: the young learn to do what elders did in recorded episodes, as if they had lived them themselves."""

from __future__ import annotations

from configs.schema import Settings
from culture.channels.channel import Channel
from culture.recordings import Recorder
from culture.setting import Setting
from culture.transmission import Lesson
from populations.losses import Term
from populations.member import Member
from populations.units import Roll


class Clone(Channel):
    """Recordings are tasks and actions; what an elder saw is simulated again each time they are read."""

    imitates = True

    def __init__(self, setting: Setting, lesson: Lesson, recorder: Recorder) -> None:
        super().__init__(setting, lesson, recorder)
        self.recordings = recorder.recordings

    @staticmethod
    def weight_of(settings: Settings) -> float:
        return settings.transmission.clone

    def demonstrations(self, member: Member, key: int, progress: float) -> list[Roll]:
        if self.recordings is None or not self.weight(progress):
            return []
        return [self.recordings.lesson(self.setting, f"recordings for {member.name}", key)]

    def terms(self, progress: float) -> list[Term]:
        weight = self.weight(progress)
        if self.recordings is None or not weight:
            return []
        return [Term("clone", weight, demonstrations=1)]
