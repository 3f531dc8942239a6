"""Ray Tune over the learning rate of one group of members, which is an RLlib Algorithm.

How to run:      .venv/bin/python examples/tune_group.py [ROUNDS]
What to expect:  about a minute on two cores: three trials of 12 rounds of Goal Sequence, then the
                 return of each by its learning rate and the best of them. 1e-5 learns next to
                 nothing in so short a time.
"""

import sys

import ray
from ray import tune

from populations.group import Group, GroupConfig

RATES = [1e-5, 1e-3, 3e-3]
RETURN = "env_runners/episode_return_mean"


def main() -> None:
    """Trains a group with each learning rate, and says which one learned best."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    config = (
        GroupConfig()
        .world("goal_sequence", size=4, trial_length=20, order_key=1, wrong_penalty=0)
        .population(members=2, worlds=128, hidden=64)
        .training(lr=tune.grid_search(RATES))
    )
    tuner = tune.Tuner(
        Group,
        param_space=config,
        run_config=tune.RunConfig(stop={"training_iteration": rounds}, verbose=0),
        tune_config=tune.TuneConfig(metric=RETURN, mode="max", reuse_actors=True),
    )
    results = tuner.fit()
    for trial in results:
        print(
            f"lr {trial.config['lr']:g}: return {trial.metrics['env_runners']['episode_return_mean']:.2f}"
        )
    print(f"best: lr {results.get_best_result().config['lr']:g}")


if __name__ == "__main__":
    main()
