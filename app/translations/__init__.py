"""Translations: each room writes a fragment (YAML), `compile.py` makes the catalogues that gettext reads."""
