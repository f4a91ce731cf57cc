"""graphnet."""
