"""What each member of a cohort learns from in an iteration: what it lived through, and what its channels add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from culture.setting import Setting, common
from populations.member import Member
from populations.units import Learn, Roll
from worlds import rng

if TYPE_CHECKING:
    from culture.living import Cohort

Needs = Sequence[tuple[int, int]]  # (unit of the batch, which of its parts)


def lessons(
    setting: Setting,
    one: Cohort,
    going: Sequence[int],
    rolls: Sequence[Roll],
    needs: Sequence[Needs],
    probes: Sequence[bool],
    first: int,
) -> tuple[list[Roll], list[Learn]]:
    """Units that play demonstrations, and one in which each of the members `going` learns.

    Their own `rolls` begin as number `first` of the batch, the demonstrations follow them. By member,
    `needs` are the parts that it lived through, its own ticket's first, `probes` whether it plays without learning.
    """
    demonstrations: list[Roll] = []
    learns = []
    for index, (number, roll) in enumerate(zip(going, rolls, strict=True)):
        member, progress = one.members[number], one.progress(number)
        own = list(needs[index])
        for channel in one.channels:
            shown = channel.demonstrations(member, roll.ticket.key, progress)
            began = first + len(rolls) + len(demonstrations)
            own += [(began + place, 0) for place in range(len(shown))]
            demonstrations += shown
        learn = _learn(setting, one, roll, member, progress)
        learns.append(replace(learn, needs=tuple(own), probe=probes[index]))
    return demonstrations, learns


def _learn(setting: Setting, one: Cohort, roll: Roll, member: Member, progress: float) -> Learn:
    """What a member learns at `progress` of its life, without what it learns from."""
    shared, transmission = setting.settings.learner, setting.settings.transmission
    added = [(channel, channel.terms(progress)) for channel in one.channels]
    if any(channel.imitates and terms for channel, terms in added):
        shared = replace(shared, epochs=transmission.epochs)
    terms = tuple(term for _, terms in added for term in terms)
    elders = one.lesson.elders if any(term.elders for term in terms) else ()
    learning_rate = member.settings(setting.settings.learner).learning_rate
    return Learn(
        **common(roll.name, one.family, shared),
        weights=tuple(elder.weights for elder in elders),
        member=member,
        needs=(),
        learning_rate=learning_rate * (1 - (1 - shared.final_learning_rate) * progress),
        terms=terms,
        seed=rng.seed(rng.key(roll.ticket.key, "minibatches")),
    )
