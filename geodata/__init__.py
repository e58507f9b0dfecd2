"""Geometry in, geometry out: the spatial heart, readable without knowing Flask, Redis or RQ."""
