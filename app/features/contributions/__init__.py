"""What people said: contributions, photos, the public map."""
