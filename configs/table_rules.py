"""Rules that keep the tables of a generation within what readers take, registered with all others."""

from configs import limits
from configs.problems import Problem
from configs.rule import problem, reads
from configs.schema import Settings

CONDITIONS = 6  # most under which the members of a generation are measured


@reads("evaluation.points", "population.members")
def measurements_fit_a_table(settings: Settings) -> list[Problem]:
    """A quarter of the table of metrics is for learning curves, eleven numbers at each point."""
    points, members = settings.evaluation.points, settings.population.members
    most = max(0, limits.PARQUET_ROWS // 4 // (11 * members) - 1)  # and one more at the end
    if points <= most:
        return []
    return problem("evaluation.points", f"{points} must be at most {most} for {members} members")


@reads("evaluation.tasks", "population.members", "world.trials")
def trials_fit_a_table(settings: Settings) -> list[Problem]:
    """Every trial of every member on every task is told under each condition; the table of metrics, which
    tells the last one of two conditions, keeps half of its rows for it."""
    members, trials = settings.population.members, settings.world.trials
    most = limits.PARQUET_ROWS // (CONDITIONS * members * trials)
    if settings.evaluation.tasks <= most:
        return []
    return problem(
        "evaluation.tasks",
        f"{settings.evaluation.tasks} must be at most {most} for {members} members and {trials} trials"
        f" ({limits.PARQUET_ROWS} rows)",
    )
