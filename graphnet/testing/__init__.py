"""Layer 7: what tests are made of, for graphnet and for those who add operators.

==============  =====================================================================================
module          what it gives
==============  =====================================================================================
`evaluate`      a direct NumPy evaluation of comprehensions: the second opinion for compiled kernels
`samples`       an operator with operands and an independent reference; runs it, checks its gradients
==============  =====================================================================================
"""
