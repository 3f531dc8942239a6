"""What happened in a replay, simulated once: every scene, observation and return, ready for any step."""

from dataclasses import dataclass, field, replace

import numpy as np

from worlds import episode as episodes
from worlds.episode import Episode
from worlds.family import Family
from worlds.render import draw
from worlds.scene import Scene, numbered, unseen


@dataclass(frozen=True)
class Story:
    """An episode of T steps and N agents with all T + 1 positions between its steps; position 0 is the start."""

    episode: Episode
    family: Family
    sentence: str  # the task in words
    scenes: tuple[Scene, ...]  # T + 1
    views: np.ndarray  # uint8 [T + 1, N, D], observations
    returns: np.ndarray  # int64 [T + 1, N] thousandths, rewards added up
    trials: np.ndarray  # int64 [T + 1], the trial that the position belongs to
    boundaries: tuple[int, ...]  # positions at which a new trial has begun
    events: tuple[tuple[int, int, int], ...]  # position after it, agent, reward in thousandths
    _kept: dict[object, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Steps of the episode."""
        return len(self.scenes) - 1

    @property
    def agents(self) -> int:
        """Agents of the task; the world may have room for more."""
        return len(self.scenes[0].strips)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the world."""
        rows, columns = self.scenes[0].floor.shape
        return rows, columns

    def frame(self, step: int, tile: int, palette: str = "okabe_ito") -> np.ndarray:
        """Return the world at a position as uint8 [H, W, 3]."""
        return draw(self.scenes[step], tile, palette)

    def board(
        self,
        step: int,
        tile: int,
        palette: str = "okabe_ito",
        sight: int | None = None,
        bare: bool = False,
    ) -> np.ndarray:
        """Return the board at a position without what stands below it, uint8 [H, W, 3].

        What agent `sight` does not see is dark; a `bare` board shows the ground alone.
        """
        scene = replace(self.scenes[step], strips=(), trials=())
        if sight is not None:
            view = self.family.view_scene(self.views[step, sight])
            scene = replace(scene, dark=unseen(scene, view, sight))
        return draw(replace(scene, marks=(), bodies=()) if bare else scene, tile, palette)

    def view(self, step: int, agent: int, tile: int, palette: str = "okabe_ito") -> np.ndarray:
        """Return what an agent sees at a position as uint8 [H, W, 3]; all agents bear their numbers."""
        scene = numbered(self.family.view_scene(self.views[step, agent]), agent, self.agents)
        return draw(replace(scene, trials=()), tile, palette)

    def view_grid(self, agent: int) -> tuple[int, int]:
        """Rows and columns of what an agent sees."""
        rows, columns = self.family.view_scene(self.views[0, agent]).floor.shape
        return rows, columns

    def place(self, step: int, agent: int) -> tuple[int, int] | None:
        """Row and column of an agent at a position; None while it is not in the world."""
        places = (
            (body.row, body.column) for body in self.scenes[step].bodies if body.number == agent
        )
        return next(places, None)

    def occupied(self, step: int) -> set[tuple[int, int]]:
        """Row and column of the cells in which there is something at a position."""
        scene = self.scenes[step]
        marks = {(mark.row, mark.column) for mark in scene.marks}
        return marks | {(body.row, body.column) for body in scene.bodies}

    def seen(self, step: int) -> bool:
        """Whether agent_0 may see the others at a position: they are shown, and some of them are in the world."""
        shown = bool(self.episode.visible[min(step, self.length - 1)]) if self.length else True
        return shown and not self.left(step)

    def left(self, step: int) -> bool:
        """Whether there are other agents than agent_0, and none of them is in the world at a position."""
        others = self.scenes[step].strips[1:]
        return bool(others) and all(strip.gone for strip in others)

    def sights(self) -> list[tuple[int, int]]:
        """Return the spans of positions (first, end) in which agent_0 may see the others."""
        if "sights" not in self._kept:
            seen = [self.seen(step) for step in range(self.length)]
            shown = np.array([0, *seen, 0], dtype=np.int8)
            edges = np.flatnonzero(np.diff(shown)).tolist()
            self._kept["sights"] = list(zip(edges[::2], edges[1::2], strict=True))
        return self._kept["sights"]

    def last(self, step: int, agent: int) -> tuple[str, int] | None:
        """Return the action that led to a position and its reward in thousandths; None at the start."""
        if step == 0:
            return None
        action = int(self.episode.actions[step - 1, agent])
        names = self.family.action_names
        name = names[action] if 0 <= action < len(names) else "none"
        return name, int(self.episode.rewards[step - 1, agent])

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Return (position after it, reward in thousandths) of an agent's rewards that are not 0."""
        key = ("events", agent)
        if key not in self._kept:
            self._kept[key] = [(at, amount) for at, who, amount in self.events if who == agent]
        return self._kept[key]

    def turns(self, agent: int) -> list[tuple[int, int]]:
        """Return (position, return) where an agent's return changes, with both ends of the episode."""
        if agent not in self._kept:
            curve = self.returns[:, agent]
            changes = [0, *(np.flatnonzero(np.diff(curve)) + 1).tolist(), self.length]
            self._kept[agent] = [(at, int(curve[at])) for at in changes]
        return self._kept[agent]


def tell(episode: Episode) -> Story:
    """Simulate an episode; raises ReplayError if that does not give what was recorded."""
    replay = episodes.replay(episode)
    family, length = replay.family, replay.length
    scenes, trials = [], []
    views = np.zeros((length + 1, family.num_agents, family.observation_size), dtype=np.uint8)
    for position in range(length + 1):
        replay.seek(position)
        scenes.append(family.scene(replay.state, 0))
        trials.append(int(replay.state.trial[0]))
        views[position] = replay.observations()
    returns = np.zeros((length + 1, family.num_agents), dtype=np.int64)
    returns[1:] = np.cumsum(episode.rewards, axis=0, dtype=np.int64)
    events = [
        (step + 1, agent, int(episode.rewards[step, agent]))
        for step, agent in np.argwhere(episode.rewards).tolist()
    ]
    return Story(
        episode=episode,
        family=family,
        sentence=family.space.describe(episode.task),
        scenes=tuple(scenes),
        views=views,
        returns=returns,
        trials=np.array(trials),
        boundaries=tuple((np.flatnonzero(np.diff(trials)) + 1).tolist()),
        events=tuple(events),
    )
