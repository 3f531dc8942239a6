"""What a channel is: one way in which knowledge passes from elders to young, besides the sight of them."""

from __future__ import annotations

from typing import ClassVar

from configs.schema import Settings
from culture.recordings import Recorder
from culture.setting import Setting
from culture.transmission import Lesson
from populations.losses import Term
from populations.member import Member
from populations.rollout import ORACLE, Ticket
from populations.units import Roll


class Channel:
    """One way in which knowledge passes on; a subclass overrides what it does, all else stays as it is.

    Made anew for each generation. Everything is a function of settings and keys, so that a resume makes
    it again.
    """

    imitates: ClassVar[bool] = False  # while its terms last, learning takes `transmission.epochs`

    def __init__(self, setting: Setting, lesson: Lesson, recorder: Recorder) -> None:
        """What is to be chosen, frozen or computed once in a generation belongs here."""
        self.setting, self.lesson = setting, lesson

    @staticmethod
    def weight_of(settings: Settings) -> float:
        """How much of it the settings ask for at the beginning of a lifetime; 0: there is no such channel."""
        raise NotImplementedError

    def weight(self, progress: float) -> float:
        """What is left of it at `progress` in [0, 1] of a lifetime: it fades out until `transmission.until`."""
        settings = self.setting.settings
        return self.weight_of(settings) * max(0.0, 1 - progress / settings.transmission.until)

    @property
    def someone_knows(self) -> bool:
        """Whether those that the young see know more than they: elders, or oracles."""
        return bool(self.lesson.elders) or self.lesson.scripted == ORACLE

    def seat(self, ticket: Ticket, progress: float) -> Ticket:
        """The ticket of a young member's own worlds as the channel has it: rows, roster, visibility, replays."""
        return ticket

    def demonstrations(self, member: Member, key: int, progress: float) -> list[Roll]:
        """Further units of play, of one part each, that this member learns from by the channel's terms."""
        return []

    def terms(self, progress: float) -> list[Term]:
        """Further terms of what the young learn from; none where their weight is 0."""
        return []
