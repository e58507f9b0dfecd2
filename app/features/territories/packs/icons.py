"""The icons a category may show, by plain name; `app/web/static/icons.svg` draws each as the symbol `i-NAME`."""

from __future__ import annotations

ICONS = frozenset(
    {
        "alert", "beach", "bench", "bike", "bike-rack", "bin", "bridge", "broom", "building", "bus",
        "calendar", "camera", "car", "cat", "cemetery", "crossing", "culture", "dog", "drain",
        "dump", "flood", "flower", "fountain", "glass", "graffiti", "grass", "harbour", "lamp",
        "market", "moon", "noise", "other", "parking", "party", "pavement", "people", "playground",
        "poster", "pothole", "rat", "recycle", "road", "school", "scooter", "shade", "sign",
        "smell", "snow", "speech", "speed", "sport", "sun", "thumb", "toilet", "townhall",
        "traffic-light", "tree", "water", "wheelchair", "wifi", "works",
    }
)  # fmt: skip
