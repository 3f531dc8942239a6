"""A whole experiment, top to bottom: tasks go down, episodes come back; regret goes to the creator,
elders to the young."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from configs.schema import Settings
from culture import reports
from culture.generations import episodic, train_time
from culture.records import Records
from culture.setting import Progress, creators, heldout_rows, lone_learners, prepare
from culture.state import State
from populations.fingerprint import fingerprint
from populations.workers import open_pool

GENERATIONS = {"train_time": train_time, "episodic": episodic}


def run(settings: Settings, records: Records, progress: Progress) -> dict[str, Any]:
    """Run or continue an experiment to its last generation; -> the rows of its table.

    Every generation is committed before the next begins, so that a crash costs at most one.
    """

    def tell(text: str) -> None:
        progress({"kind": "notice", "text": text})

    ray = settings.ray
    with closing(open_pool(settings.workers, ray.address, tell, ray.worker_memory)) as pool:
        setting = prepare(settings, pool, progress)
        saved = records.latest()
        rows = heldout_rows(setting.family, settings)
        records.write_heldout(reports.heldout(setting.family, rows))  # or mends what is damaged
        if saved is None:
            state = State(-1, [], lone_learners(setting), creators(setting))
        else:
            state = State.load(saved[1], saved[2], creators(setting))
            if records.fingerprint != fingerprint():
                tell(OTHER_NUMERICS)
        progress(
            {
                "kind": "start",
                "generations": settings.culture.generations,
                "members": settings.population.members,
                "steps": settings.culture.steps,
            }
        )
        for generation in range(state.generation + 1, settings.culture.generations):
            began = time.monotonic()
            outcome = GENERATIONS[settings.culture.mode](setting, state, generation)
            state = outcome.state
            records.commit(generation, reports.commit(outcome))
            seconds = time.monotonic() - began
            facts = {
                "seconds": seconds,
                "workers": settings.workers,
                "memory": pool.backend.largest.resident,
            }
            progress({"kind": "generation", **facts, **state.rows[-1]})
    return {"rows": state.rows}


OTHER_NUMERICS = (
    "this machine computes other last bits than the one that made the run: "
    "what follows is sound, but not the same as if it had gone on there"
)
