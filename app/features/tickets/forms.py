"""What the desk's forms say, read field by field."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.errors import FieldError, Invalid
from app.features.territories.geocoders import site_address


def typed_place(form: Mapping[str, str]) -> tuple[float, float]:
    """Longitude and latitude (WGS84): the coordinates if any were given, else where the address is.

    Coordinates win because a pin is more precise than a name. Raises Invalid beside the field that says nothing.
    """
    given = {name: form.get(name, "").strip() for name in ("lat", "lon")}
    if any(given.values()):
        wrong = [
            FieldError(f"/{name}", "This is not a number.") for name, words in given.items() if _number(words) is None
        ]
        if wrong:
            raise Invalid(errors=wrong[:1])
        return _number(given["lon"]) or 0.0, _number(given["lat"]) or 0.0
    address = form.get("address", "").strip()
    if not address:
        raise Invalid(errors=[FieldError("/address", "Write an address, or give coordinates.")])
    found = site_address(address)
    if found is None:
        raise Invalid(
            errors=[FieldError("/address", "This address is not known here: give coordinates, or move the pin.")]
        )
    return found.lon, found.lat


def _number(words: str) -> float | None:
    """`43,4901` as well as `43.4901`; None for what is no finite number."""
    try:
        number = float(words.replace(",", ".").replace("−", "-"))
    except ValueError:
        return None
    return number if abs(number) < 1000 else None
