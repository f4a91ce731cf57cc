"""Layer 3: what can be said of a graph without running it: costs, lifetimes, a summary."""
