"""A policy that makes the vectors of tasks, one coordinate after the other, and learns what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populations.creators.draws import Draws

CLIP = 0.2  # of the ratio of probabilities, on either side of 1 (Schulman 2017)
LEAST_SPREAD = 0.01  # standard deviation of rewards below which their differences are noise
DECAYS = 0.9, 0.999  # of Adam's running mean of the gradient, and of its square (Kingma 2015)
EPSILON = 1e-8

State = dict[str, np.ndarray]  # names as in `Designer.state`


@dataclass(frozen=True)
class Parts:
    """The parameters of a designer as the arrays they are, views of one flat array."""

    inward: np.ndarray  # [D, bins, hidden], what each step of a coordinate adds to the hidden layer
    bias: np.ndarray  # [hidden]
    outward: np.ndarray  # [D, hidden, bins], from there to the logits of each coordinate
    logits: np.ndarray  # [D, bins], theirs alone


class Designer:
    """An autoregressive policy over D coordinates of `bins` steps each (NADE, Larochelle 2011), trained by PPO.

    Coordinate j sees those before it: its logits are l_j + O_j tanh(b + sum_(i < j) I_i[step i]), an
    MLP of one hidden layer whose input is each earlier step and the number of the coordinate, one-hot.
    It begins as uniform. PPO (Schulman 2017) takes a vector as an episode of D actions with one
    reward at its end; the baseline is the mean over the batch, and the bonus for entropy is the mean
    over coordinates. Raises ValueError for settings out of range.
    """

    def __init__(
        self,
        dim: int,
        key: int,
        *,
        bins: int = 10,
        hidden: int = 64,
        learning_rate: float = 1e-3,
        entropy_weight: float = 0.05,
        epochs: int = 4,
    ) -> None:
        for name, value, least in (("bins", bins, 2), ("hidden", hidden, 1), ("epochs", epochs, 1)):
            if value < least:
                raise ValueError(f"{name} is {value}; it must be {least} or more")
        for name, share in (("learning_rate", learning_rate), ("entropy_weight", entropy_weight)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share}; it must lie in [0, 1]")
        self.dim, self.bins, self.hidden, self.epochs = dim, bins, hidden, epochs
        self.learning_rate, self.entropy_weight = learning_rate, entropy_weight
        size = 2 * dim * bins * hidden + hidden + dim * bins
        self.parameters = np.zeros(size, np.float32)
        self.mean, self.square = np.zeros((2, size), np.float32)  # Adam's moments
        self.updates = 0
        inward = self.parts(self.parameters).inward
        # A hidden unit sums up to D of them, and has a variance of 1 at most.
        inward[:] = (2 * Draws(key).units(inward.size) - 1).reshape(inward.shape) * (3 / dim) ** 0.5

    def parts(self, flat: np.ndarray) -> Parts:
        """The arrays of which a flat one consists; writing to them writes to it."""
        dim, bins, hidden = self.dim, self.bins, self.hidden
        ends = np.cumsum([dim * bins * hidden, hidden, dim * hidden * bins])
        inward, bias, outward, logits = np.split(flat, ends)
        return Parts(
            inward.reshape(dim, bins, hidden),
            bias,
            outward.reshape(dim, hidden, bins),
            logits.reshape(dim, bins),
        )

    def design(self, n: int, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
        """Draws steps, int64 [n, D] in 0..bins-1, and points, float64 [n, D], anywhere within them."""
        parts = self.parts(self.parameters)
        steps = np.empty((n, self.dim), np.int64)
        summed = np.tile(parts.bias, (n, 1))
        for place in range(self.dim):
            logits = parts.logits[place] + np.tanh(summed) @ parts.outward[place]
            ends = np.cumsum(np.exp(logits - logits.max(1, keepdims=True)), 1)
            steps[:, place] = (draws.units(n)[:, None] * ends[:, -1:] >= ends[:, :-1]).sum(1)
            summed += parts.inward[place, steps[:, place]]
        within = draws.units(n * self.dim).reshape(n, self.dim)
        return steps, (steps + within) / self.bins

    def log_chances(self, steps: np.ndarray) -> np.ndarray:
        """float32 [D, n, bins], log probability of all steps of coordinates after those before them."""
        return self._forward(self.parameters, steps)[1]

    def learn(self, steps: np.ndarray, rewards: np.ndarray) -> float:
        """Makes designs `steps` [n, D] more likely as their `rewards` float64 [n] are above the mean.

        They must have been drawn since it learned last. Differences are measured in the rewards'
        spread. Returns the entropy with which they were drawn, as a share of the most there can be.
        """
        spread = max(float(rewards.std()), LEAST_SPREAD)
        advantages = ((rewards - rewards.mean()) / spread).astype(np.float32)
        logs = self.log_chances(steps)
        drawn = _of(logs, steps)
        for _ in range(self.epochs):
            _, gradient = self.loss(self.parameters, steps, drawn, advantages)
            self._step(gradient)
        return -float((np.exp(logs) * logs).sum(2).mean() / np.log(self.bins))

    def loss(
        self, parameters: np.ndarray, steps: np.ndarray, drawn: np.ndarray, advantages: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """PPO's loss at flat `parameters` and its gradient; `drawn` [D, n] are the log probabilities at drawing.

        - mean_(i, j) min(r A_i, clip(r, 1 - c, 1 + c) A_i) + w H_ij, where r is the ratio of the
        probabilities of step j of design i now and then, and H_ij the entropy there.
        """
        parts = self.parts(parameters)
        hidden, logs = self._forward(parameters, steps)
        chances = np.exp(logs)
        entropy = -(chances * logs).sum(2)  # [D, n]
        ratio = np.exp(_of(logs, steps) - drawn)
        gains = np.minimum(ratio * advantages, np.clip(ratio, 1 - CLIP, 1 + CLIP) * advantages)
        loss = -float((gains + self.entropy_weight * entropy).mean())

        free = np.where(advantages > 0, ratio < 1 + CLIP, ratio > 1 - CLIP)  # not clipped
        chosen = np.eye(self.bins, dtype=parameters.dtype)[steps.T]  # [D, n, bins]
        to_logits = (free * ratio * advantages)[:, :, None] * (chosen - chances)
        to_logits -= self.entropy_weight * chances * (logs + entropy[:, :, None])
        to_logits /= -entropy.size
        gradient = np.zeros_like(parameters)
        into = self.parts(gradient)
        into.logits[:] = to_logits.sum(1)
        into.outward[:] = hidden.swapaxes(1, 2) @ to_logits
        to_summed = to_logits @ parts.outward.swapaxes(1, 2)
        to_summed *= np.subtract(
            1, np.square(hidden, out=hidden), out=hidden
        )  # in place: half the time
        into.bias[:] = to_summed.sum((0, 1))
        for place in range(self.dim - 1, 1, -1):  # step i was added for all coordinates after i
            to_summed[place - 1] += to_summed[place]
        into.inward[:-1] = chosen[:-1].swapaxes(1, 2) @ to_summed[1:]
        return loss, gradient

    def state(self) -> State:
        """Arrays to be loaded again."""
        return {
            "parameters": self.parameters.copy(),
            "mean": self.mean.copy(),
            "square": self.square.copy(),
            "updates": np.array([self.updates], np.int64),
        }

    def load(self, state: State) -> None:
        """Takes up a `state()`; raises ValueError for that of another size."""
        if state["parameters"].shape != self.parameters.shape:
            raise ValueError(
                f"the state has {len(state['parameters'])} parameters, this designer "
                f"{len(self.parameters)}; use the hidden, the bins and the world it was saved with"
            )
        self.parameters = state["parameters"].copy()
        self.mean, self.square = state["mean"].copy(), state["square"].copy()
        self.updates = int(state["updates"][0])

    def _forward(self, parameters: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of designs [n, D]: the hidden layer [D, n, hidden] and log probabilities [D, n, bins]."""
        parts = self.parts(parameters)
        summed = np.empty((self.dim, len(steps), self.hidden), parameters.dtype)
        summed[0] = parts.bias
        for place in range(1, self.dim):
            summed[place] = summed[place - 1] + parts.inward[place - 1, steps[:, place - 1]]
        hidden = np.tanh(summed, out=summed)
        logits = parts.logits[:, None] + hidden @ parts.outward
        logits -= logits.max(2, keepdims=True)
        return hidden, logits - np.log(np.exp(logits).sum(2, keepdims=True))

    def _step(self, gradient: np.ndarray) -> None:
        """Adam (Kingma 2015)."""
        self.updates += 1
        first, second = DECAYS
        self.mean += (1 - first) * (gradient - self.mean)
        self.square += (1 - second) * (gradient**2 - self.square)
        mean = self.mean / (1 - first**self.updates)
        square = self.square / (1 - second**self.updates)
        self.parameters -= self.learning_rate * mean / (np.sqrt(square) + EPSILON)


def _of(logs: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """[D, n] of log probabilities [D, n, bins], those of the steps [n, D] that were drawn."""
    return np.take_along_axis(logs, steps.T[:, :, None], 2)[:, :, 0]
