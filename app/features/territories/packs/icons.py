"""The icons a category may show, by plain name; the sprite of `app/web/static` draws each on a 24 px grid."""

from __future__ import annotations

ICONS = frozenset(
    {
        "accessibility", "animal", "bench", "bicycle", "bin", "book", "broom", "building",
        "bus-stop", "cable", "car", "crossing", "dog", "dot", "drain", "drop", "ear", "flower",
        "fountain", "gas", "graffiti", "grass", "insect", "lamp", "leaf", "mattress", "megaphone",
        "music", "parking", "pavement", "people", "playground", "pothole", "rat", "recycling",
        "road-works", "school", "scooter", "sign", "smoke", "speed", "sports", "toilet",
        "traffic-light", "tree", "wall", "warning", "wheelchair", "wreck",
    }
)  # fmt: skip
