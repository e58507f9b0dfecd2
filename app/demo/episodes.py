"""Places that go wrong for some weeks, and those where people are pleased: what hotspots are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.demo.ground import Ground, Spot
from app.demo.words import Kind


@dataclass(frozen=True, slots=True)
class Episode:
    """`count` contributions (of 1,500) about one category around one place.

    `began` and `lasted` are days before the load day and days; a `month` says instead the season's middle, each year.
    `middle` is where on the street (0 to 1), `spread_m` how far along it.
    """

    name: str
    category: str
    street: str
    count: int
    began: int = 0
    lasted: int = 30
    month: int | None = None
    middle: float = 0.5
    spread_m: float = 60
    kind: Kind = "problem"
    area: bool = False

    def day(self, rng: Random, today: date) -> date:
        """A day of the episode; it swells, then calms down."""
        if self.month is None:
            return today - timedelta(days=self.began - round(rng.betavariate(2, 2.5) * self.lasted))
        years = [today.year - back for back in range(3)]
        middles = [date(year, self.month, 15) for year in years]
        past = [middle for middle in middles if timedelta(0) < today - middle < timedelta(days=730)]
        return rng.choice(past) + timedelta(days=round(rng.gauss(0, self.lasted / 4)))

    def place(self, ground: Ground, rng: Random) -> Spot:
        """A point of the stretch."""
        if self.area:
            return ground.inside(rng, self.street)
        return ground.along(rng, self.street, middle=self.middle, spread_m=self.spread_m)


EPISODES = (
    Episode("dump-now", "fly-tipping", "Boulevard de la République", 22, began=38, lasted=38, spread_m=90),
    Episode("dump-past", "fly-tipping", "Rue de la Turbie", 17, began=410, lasted=45, spread_m=50),
    Episode("bins-beach", "full-bin", "Avenue Princesse Grace", 24, month=7, lasted=60, spread_m=160),
    Episode("tags-steps", "graffiti", "Escalier de la Costa", 12, began=250, lasted=40, spread_m=40),
    Episode("tags-now", "graffiti", "Boulevard Rainier III", 11, began=26, lasted=26, spread_m=80),
    Episode("lamps", "lamp-out", "Promenade Honoré II", 10, began=330, lasted=20, spread_m=110),
    Episode("lamps-now", "lamp-out", "Boulevard du Larvotto", 11, began=17, lasted=17, spread_m=120),
    Episode("storm", "blocked-drain", "Boulevard Albert 1er", 14, month=10, lasted=8, spread_m=260),
    Episode("scooters", "shared-scooter", "Boulevard Albert 1er", 15, began=170, lasted=70, spread_m=120),
    Episode("school-run", "school-front", "Avenue de l'Annonciade", 9, began=80, lasted=70, spread_m=50),
    Episode("holes", "pothole", "Boulevard du Jardin Exotique", 13, began=290, lasted=50, spread_m=200),
    Episode("dogs", "dog-fouling", "Jardins de Saint-Martin", 12, began=120, lasted=60, area=True),
    Episode("noise-port", "noise", "Quai Antoine 1er", 12, month=8, lasted=50, spread_m=100),
    Episode("works", "road-works", "Boulevard Charles III", 13, began=75, lasted=70, spread_m=110),
    Episode("leak", "water-leak", "Rue Grimaldi", 5, began=9, lasted=4, spread_m=15),
    Episode("roses", "park", "Roseraie Princesse Grace", 11, month=5, lasted=40, kind="praise", area=True),
    Episode("promenade", "dirty-street", "Quai Antoine 1er", 8, began=60, lasted=60, kind="praise"),
    Episode("shade", "greening", "Place d'Armes", 12, month=7, lasted=60, kind="proposal", area=True),
    Episode("cycle", "cycle-path", "Avenue Albert II", 13, began=150, lasted=130, kind="proposal", spread_m=150),
)
