"""Lines of generations that learn side by side: the culture, and controls that differ from it in what is handed on."""

from __future__ import annotations

from collections.abc import Sequence

from configs.control_rules import trained
from configs.rules import BLOCK
from culture.channels import opened
from culture.curriculum import log_of
from culture.living import Cohort
from culture.recordings import Recorder
from culture.setting import (
    Setting,
    iterations,
    newborn,
    strangers,
    worlds_of,
)
from culture.state import State
from culture.transmission import ALONE, lesson_of
from populations.member import Member
from populations.rosters import seats_learned

CULTURE = "culture"


def lines(setting: Setting, state: State, generation: int) -> list[Cohort]:
    """The cohorts of a train-time generation: the culture, then its controls, which have lived as much.

    All begin with the first generation of the culture, so that there are none in it.
    """
    culture = setting.settings.culture
    elders = [*state.members, *state.earlier]
    parent = state.members[0] if state.members and culture.reset_layers else None
    found = [_line(setting, state, generation, CULTURE, elders, parent, culture.reset_layers)]
    for name in trained(setting.settings) if generation else ():
        shown = strangers(setting, generation, len(elders)) if name == "placebo" else []
        layers = 0 if name == "inherit" else culture.reset_layers
        best = state.controls.get(name, state.members)[0]
        parent = best if layers or name == "inherit" else None
        found.append(_line(setting, state, generation, name, shown, parent, layers))
    return found


def _line(
    setting: Setting,
    state: State,
    generation: int,
    name: str,
    elders: Sequence[Member],
    parent: Member | None,
    layers: int,
) -> Cohort:
    """A generation that is shown these elders, newest and best first, or nobody; `layers` as for `newborn`."""
    settings, family = setting.settings, setting.family
    lesson = ALONE
    if elders or name == CULTURE:  # whose first generation may be shown a script
        lesson = lesson_of(elders, settings, ranked=len(family.turns) > 1)
    blocks = worlds_of(setting, family) // BLOCK
    seats = seats_learned(lesson.rule, blocks, family.num_agents) / blocks
    recorder = Recorder(setting, lesson.elders, generation)
    channels = opened(setting, lesson, recorder)
    return Cohort(
        name,
        family,
        newborn(setting, generation, parent, layers, "" if name == CULTURE else f"{name}_"),
        state.creators[name],
        lesson,
        iterations(setting, family, seats),
        settings.culture.steps,
        elders=generation / settings.culture.generations,
        share=1 / settings.culture.generations,
        channels=channels,
        recordings=recorder.made,
        log=log_of(setting, generation) if name == CULTURE else None,
    )
