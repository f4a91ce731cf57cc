"""From a graph back to YAML, and the schema for editors."""
