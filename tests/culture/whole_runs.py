"""Whole experiments in miniature, for tests of what is made of their runs."""

from __future__ import annotations

from pathlib import Path

from configs.load import load
from culture import experiment
from culture.records import Records


def finished(path: Path, *overrides: str) -> Path:
    """An experiment of preset debug with these settings, to its end; -> its run folder."""
    settings = load("debug", overrides)
    with Records.open_or_create(path, settings) as records:
        experiment.run(settings, records, lambda event: None)
        records.set_state("done")
    return path
