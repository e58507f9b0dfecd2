"""A town pack: one folder of YAML and GeoJSON that carries everything a town decides; no database, no web."""
