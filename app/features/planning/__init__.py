"""Where things concentrate: hotspots, heatmaps, the observatory."""
