"""Channels by which knowledge passes on besides watching, by name; each has a file to itself."""

from __future__ import annotations

from culture.channels.channel import Channel
from culture.channels.clone import Clone
from culture.channels.distil import Distil
from culture.channels.infer import Infer
from culture.channels.predict import Predict
from culture.channels.replay import Replay
from culture.channels.shaping import Shaping
from culture.recordings import Recorder
from culture.setting import Setting
from culture.transmission import Lesson

CHANNELS: dict[str, type[Channel]] = {
    "distil": Distil,
    "clone": Clone,
    "replay": Replay,
    "infer": Infer,
    "predict": Predict,
    "shaping": Shaping,
}


def opened(setting: Setting, lesson: Lesson, recorder: Recorder) -> list[Channel]:
    """The channels of a generation that the settings switch on, in the order of the registry."""
    kinds = [kind for kind in CHANNELS.values() if kind.weight_of(setting.settings)]
    return [kind(setting, lesson, recorder) for kind in kinds]
