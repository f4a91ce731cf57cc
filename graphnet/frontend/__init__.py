"""Layer 3: the two ways to write a network, YAML and Python, and what both become: a graph."""
