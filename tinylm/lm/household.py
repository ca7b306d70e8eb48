"""Homes for training: random areas, floors and entities, so that a model learns to use the names of a home, not the names themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tinylm.lm.home import Entity, Home, Names
from tinylm.lm.names import Pools

# domain: the fewest and the most of them that a home has
_ENTITIES = {
    "light": (2, 7), "switch": (1, 4), "fan": (1, 3), "cover": (1, 4), "lock": (1, 3), "valve": (1, 2), "climate": (1, 3),
    "media_player": (1, 4), "sensor": (1, 4), "binary_sensor": (1, 3), "vacuum": (1, 2), "lawn_mower": (1, 2), "todo": (1, 4),
    "person": (1, 4), "weather": (1, 2), "scene": (1, 4), "script": (1, 3), "button": (1, 2),
}  # fmt: skip
_SAME = {"input_boolean": "switch", "input_button": "button"}
_PLACED = 0.3  # share of entities that are called after an area ("bedroom lamp")


@dataclass
class Household:
    """One home: draws names from what it holds, other values from the pools."""

    pools: Pools
    areas: list[str]
    floors: list[str]
    entities: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def random(cls, pools: Pools, rng: Random, held: bool = False) -> Household:
        """A home; ``held``: all its names hold words that training never sees."""
        areas = _some(lambda: pools.draw("area", rng, held), rng.randint(3, 10))
        home = cls(pools, areas, _some(lambda: pools.draw("floor", rng, held), rng.randint(1, 3)))
        for domain, (low, high) in _ENTITIES.items():

            def named(domain: str = domain) -> str:
                name = pools.draw(domain, rng, held)
                placed = domain not in ("todo", "person", "weather", "scene", "script") and rng.random() < _PLACED
                return f"{rng.choice(areas)} {name.split()[-1] if rng.random() < 0.6 else name}" if placed else name

            home.entities[domain] = _some(named, rng.randint(low, high))
        return home

    def draw(self, kind: str, rng: Random, held: bool = False) -> str:
        """A name of this home (area, floor, an entity's domain) or another value from the pools."""
        kind = _SAME.get(kind, kind)
        own = {"area": self.areas, "floor": self.floors, **self.entities}.get(kind)
        if own:
            return rng.choice(own)
        return self.pools.command(rng, self.draw, held) if kind == "timer_command" else self.pools.draw(kind, rng, held)

    def home(self) -> Home:
        """As home.toml would list it."""
        return Home(self.areas, self.floors, [Entity(name, domain) for domain, names in self.entities.items() for name in names])

    def names(self, normalise: Callable[[str], str]) -> Names:
        """Its names as they look in normalised text."""
        return Names(self.home(), normalise)


def _some(draw: Callable[[], str], count: int) -> list[str]:
    return list(dict.fromkeys(draw() for _ in range(count)))
