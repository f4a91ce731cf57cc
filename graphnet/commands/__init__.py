"""Layer 9: what the command line can do, a module for each command with one function `run`.

The function's signature and docstring are the command's options and help. `graphnet.cli` imports a module when its
command is called, so that `graphnet check` need not wait for Numba.
"""
