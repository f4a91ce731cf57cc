"""Layer 0: what every other layer speaks of: source spans, diagnostics, tensor types, environment flags."""
