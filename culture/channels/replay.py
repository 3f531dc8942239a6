"""Recordings to watch: in a share of its worlds a member sees not a living elder but what one did there before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from configs.rules import BLOCK
from configs.schema import Settings
from culture.channels.channel import Channel
from culture.recordings import Recorder
from culture.setting import Setting
from culture.transmission import Lesson
from populations.rollout import REPLAY, Ticket
from worlds.family import NO_ACTION


class Replay(Channel):
    """Blocks of worlds play the tasks of recordings, in which the elders' bodies do as they did, open loop."""

    def __init__(self, setting: Setting, lesson: Lesson, recorder: Recorder) -> None:
        super().__init__(setting, lesson, recorder)
        self.recordings = recorder.recordings

    @staticmethod
    def weight_of(settings: Settings) -> float:
        return settings.transmission.replay

    def seat(self, ticket: Ticket, progress: float) -> Ticket:
        """All life long, as elders are watched; they are as visible as elders."""
        worlds, share = len(ticket.rows), self.weight_of(self.setting.settings)
        if self.recordings is None or not share:
            return ticket
        count = max(1, round(share * worlds / BLOCK)) * BLOCK
        chosen = self.recordings.drawn(ticket.key, count)
        rows, roster = ticket.rows.copy(), ticket.roster.copy()
        rows[-count:], roster[-count:, 1:] = self.recordings.rows[chosen], REPLAY
        actions = self.recordings.actions[:, chosen]
        replays = np.full((len(actions), worlds, roster.shape[1]), NO_ACTION, np.int8)
        replays[:, -count:] = actions
        return replace(ticket, rows=rows, roster=roster, replays=replays)
