"""From entries to a graph: blocks, loops, names, references and expressions."""
