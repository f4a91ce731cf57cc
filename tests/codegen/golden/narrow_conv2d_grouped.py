from graphnet.codegen.cpu.float32x8 import (
    iload,
    imax,
    imin,
    lane_tile_10x1_1_taps3s2d1_fold4,
    map_tile_10x1,
    next_task,
    pointer,
    pointer_i64,
    prefetch,
    splat,
    vload,
    vstore,
    where,
)


def epilogue(acc, down, across, h, n, ob, row, x2, x2_ob, x3, x3_h, x3_n, x3_ob, x3_w, y, y1, y1_h, y1_n, y1_ob, y1_w, y_h, y_n, y_ob, y_w):
    w = row + down
    v_x2 = vload(x2, ob * x2_ob)
    v_bias = acc + v_x2
    v_relu = where(v_bias < 0.0, splat(0.0), v_bias)
    v_x3 = vload(x3, n * x3_n + ob * x3_ob + h * x3_h + w * x3_w)
    v_squared_error_gradient = 2.0 * (v_relu - v_x3)
    v_relu_gradient = where(v_relu > 0.0, v_squared_error_gradient, splat(0.0))
    vstore(y, n * y_n + ob * y_ob + h * y_h + w * y_w, v_relu)
    vstore(y1, n * y1_n + ob * y1_ob + h * y1_h + w * y1_w, v_relu_gradient)


def kernel(args, worker, workers):
    """v_conv2d_grouped[n, o, h, w] = sum over c, i, j of x[n, 4*(o//4) + c, 2*h + i - 1, 2*w + j - 1] * x1[o, c, i, j]
    v_bias[n, o, h, w] = v_conv2d_grouped[n, o, h, w] + x2[o]
    v_relu[n, o, h, w] = where(v_bias[n, o, h, w] < 0, 0, v_bias[n, o, h, w])
    v_squared_error_gradient[n, o, h, w] = 2 * (v_relu[n, o, h, w] - x3[n, o, h, w])
    v_relu_gradient[n, o, h, w] = where(v_relu[n, o, h, w] > 0, v_squared_error_gradient[n, o, h, w], 0)
    y = v_relu
    y1 = v_relu_gradient
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[5])
    x1 = pointer(args[6])
    x2 = pointer(args[17])
    x3 = pointer(args[19])
    y = pointer(args[24])
    y1 = pointer(args[29])
    OB, H, W, x_i, x1_i, I, x_n, x_ob = args[2], args[3], args[4], args[7], args[8], args[9], args[10], args[11]
    x_h, x_0, x1_ob, x_ahead, x_ahead1, x2_ob, x3_n, x3_ob = args[12], args[13], args[14], args[15], args[16], args[18], args[20], args[21]
    x3_h, x3_w, y_n, y_ob, y_h, y_w, y1_n, y1_ob = args[22], args[23], args[25], args[26], args[27], args[28], args[30], args[31]
    y1_h, y1_w = args[32], args[33]
    task = next_task(args[0])
    while task < N:
        n = task
        for ob in range(OB):
            for h in range(H):
                i_start = imax(0, -(h * 2 - 1))
                i_stop = imin(I, 16 - (h * 2 - 1) + 1)
                i_count = imax(0, i_stop - i_start)
                x_at = x_0 + n * x_n + ob * x_ob + h * x_h + i_start * x_i
                w_at = ob * x1_ob + i_start * x1_i
                for row in range(0, W - 9, 10):
                    prefetch(x, x_at + row * 16 + x_ahead, 20)
                    prefetch(x, x_at + row * 16 + x_ahead1, 20)
                    acc = lane_tile_10x1_1_taps3s2d1_fold4(x, x_at + row * 16, x1, w_at, (8, 0, 32, 8, i_count, x_i, x1_i))
                    map_tile_10x1(epilogue, acc, h, n, ob, row, x2, x2_ob, x3, x3_h, x3_n, x3_ob, x3_w, y, y1, y1_h, y1_n, y1_ob, y1_w, y_h, y_n, y_ob, y_w)
        task = next_task(args[0])
