from graphnet.codegen.cpu.float32x8 import (
    iload,
    imax,
    imin,
    next_task,
    pointer,
    pointer_i64,
    splat,
    vload,
    vstore,
)


def kernel(args, worker, workers):
    """v_channel_sum_part[c, part] = sum over q, h, w of x[part + q, c, h, w]
    y = v_channel_sum_part
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    y = pointer(args[4])
    x = pointer(args[9])
    CB, PART, y_cb, y_part, H, W, x_part, x_q = args[2], args[3], args[5], args[6], args[7], args[8], args[10], args[11]
    x_cb, x_h, x_w = args[12], args[13], args[14]
    task = next_task(args[0])
    while task < CB:
        cb = task
        for part in range(PART):
            if part >= 13:
                vstore(y, cb * y_cb + part * y_part, splat(0.0))
            else:
                v_channel_sum_part = splat(0.0)
                q_start = imax(0, -(part))
                q_stop = imin(1, (N - 1) - (part) + 1)
                for q in range(q_start, q_stop):
                    for h in range(H):
                        for w in range(W):
                            v_x = vload(x, part * x_part + q * x_q + cb * x_cb + h * x_h + w * x_w)
                            v_channel_sum_part = v_channel_sum_part + v_x
                vstore(y, cb * y_cb + part * y_part, v_channel_sum_part)
        task = next_task(args[0])
