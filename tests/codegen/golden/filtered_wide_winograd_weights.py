from graphnet.codegen.cpu.float32x8 import (
    next_task,
    pointer,
    winograd_weights_4,
)


def kernel(args, worker, workers):
    """v_winograd_weights[o, c, a, b] = sum over i, j of x1[a, b, i, j] * x[o, c, i, j]
    y = v_winograd_weights
    """
    x = pointer(args[4])
    y = pointer(args[5])
    x1 = pointer(args[13])
    OB, C, y_step, x_ob, x_c, y_ob, y_c, x_i = args[2], args[3], args[6], args[7], args[8], args[9], args[10], args[11]
    x_j = args[12]
    task = next_task(args[0])
    while task < OB:
        ob = task
        for c in range(C):
            winograd_weights_4(x, ob * x_ob + c * x_c, x_i, x_j, y, ob * y_ob + c * y_c, y_step)
        task = next_task(args[0])
