"""Layer 5: kernel source. Writers of readable Python kernels and, for each target, what such kernels are made of."""
