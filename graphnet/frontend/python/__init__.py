"""Networks written in Python: a function for every operator, tensors, scopes and sharing."""
