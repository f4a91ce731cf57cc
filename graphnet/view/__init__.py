"""Layer 7: drawings of every stage of a compilation."""
