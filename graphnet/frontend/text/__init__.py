"""From the text of a spec to a tree with positions, and from the tree to entries."""
