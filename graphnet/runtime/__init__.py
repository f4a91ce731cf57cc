"""Layer 6: running. The cache of compiled kernels, programs of kernels, workers."""
