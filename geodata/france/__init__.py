"""Every commune of France, offline: boundary, parts, population, postcodes, town hall. See SOURCE.md."""

from geodata.france.model import (
    Commune,
    CommuneMatch,
    CommunePart,
    Departement,
    Epci,
    OpeningHours,
    TownHall,
    UnknownCommune,
    UnknownDepartement,
    UnknownEpci,
    UnknownPlace,
)
from geodata.france.prefixes import prefix_candidates
from geodata.france.search import communes_matching
from geodata.france.store import commune, departement, epci, time_zone

#: What a map that shows these boundaries says.
CREDIT = "IGN – Admin Express (Licence Ouverte 2.0)"
#: To be shown wherever these data are (Licence Ouverte 2.0, article "mention de la paternité").
ATTRIBUTION = "IGN – Admin Express, Insee, DILA – Service-public.fr, La Poste (Licence Ouverte 2.0)"

__all__ = [
    "ATTRIBUTION",
    "CREDIT",
    "Commune",
    "CommuneMatch",
    "CommunePart",
    "Departement",
    "Epci",
    "OpeningHours",
    "TownHall",
    "UnknownCommune",
    "UnknownDepartement",
    "UnknownEpci",
    "UnknownPlace",
    "commune",
    "communes_matching",
    "departement",
    "epci",
    "prefix_candidates",
    "time_zone",
]
