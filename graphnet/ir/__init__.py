"""Layer 1: the graph, its values and nodes, the operator contract, and the comprehensions that operators lower to."""
