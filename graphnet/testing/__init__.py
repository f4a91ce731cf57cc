"""Layer 7: what tests are made of, for graphnet and for those who add operators.

==============  =====================================================================================
module          what it gives
==============  =====================================================================================
`arrays`        seeded arrays whose elements keep their distance from each other and from zero
`evaluate`      a direct NumPy evaluation of comprehensions: the second opinion for compiled kernels
`gradients`     gradients of whole networks against finite differences
`lowered`       one operator on its own, forward and backward, by that evaluation
`samples`       an operator with operands and an independent reference; runs it, checks its gradients
==============  =====================================================================================
"""
