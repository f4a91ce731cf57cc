"""Draw any stage of a compilation into a file."""
