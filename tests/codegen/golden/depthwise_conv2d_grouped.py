from graphnet.codegen.cpu.float32x8 import (
    iload,
    imax,
    imin,
    lane_tile_11x1_1_taps3s1d1,
    lane_tile_8x1_1_taps3s1d1,
    map_tile_11x1,
    map_tile_8x1,
    next_task,
    pointer,
    pointer_i64,
    prefetch,
    splat,
    vload,
    vstore,
    where,
    zero,
)


def epilogue(acc, down, across, h, n, ob, row, x2, x2_ob, y, y_0, y_h, y_n, y_ob, y_w):
    w = row + down
    v_x2 = vload(x2, ob * x2_ob)
    v_bias = acc + v_x2
    v_relu = where(v_bias < 0.0, splat(0.0), v_bias)
    vstore(y, y_0 + n * y_n + ob * y_ob + h * y_h + w * y_w, v_relu)


def kernel(args, worker, workers):
    """v_conv2d_grouped[n, o, h, w] = sum over i, j of x[n, o, h + i - 1, w + j - 1] * x1[o, 0, i, j]
    v_bias[n, o, h, w] = v_conv2d_grouped[n, o, h, w] + x2[o]
    v_relu[n, o, h, w] = where(v_bias[n, o, h, w] < 0, 0, v_bias[n, o, h, w])
    y = v_relu
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    y = pointer(args[5])
    x = pointer(args[10])
    x1 = pointer(args[11])
    x2 = pointer(args[21])
    OB, H, W, y_n, y_ob, y_h, y_0, x_i = args[2], args[3], args[4], args[6], args[7], args[8], args[9], args[12]
    x1_i, I, x_n, x_ob, x_h, x_0, x1_ob, x_ahead = args[13], args[14], args[15], args[16], args[17], args[18], args[19], args[20]
    x2_ob, y_w = args[22], args[23]
    task = next_task(args[0])
    while task < N:
        n = task
        for ob in range(OB):
            for h in range(H):
                zero(y, y_0 + n * y_n + ob * y_ob + h * y_h - 8, 1)
                if h == H - 1:
                    zero(y, y_0 + n * y_n + ob * y_ob + h * y_h + W * 8, 1)
                i_start = imax(0, -(h - 1))
                i_stop = imin(I, 16 - (h - 1) + 1)
                i_count = imax(0, i_stop - i_start)
                x_at = x_0 + n * x_n + ob * x_ob + h * x_h + i_start * x_i
                w_at = ob * x1_ob + i_start * x1_i
                for row in range(0, W - 10, 11):
                    prefetch(x, x_at + row * 8 + x_ahead, 11)
                    acc = lane_tile_11x1_1_taps3s1d1(x, x_at + row * 8, x1, w_at, (8, 0, 8, 0, i_count, x_i, x1_i))
                    map_tile_11x1(epilogue, acc, h, n, ob, row, x2, x2_ob, y, y_0, y_h, y_n, y_ob, y_w)
                row = W - 8
                prefetch(x, x_at + row * 8 + x_ahead, 8)
                acc = lane_tile_8x1_1_taps3s1d1(x, x_at + row * 8, x1, w_at, (8, 0, 8, 0, i_count, x_i, x1_i))
                map_tile_8x1(epilogue, acc, h, n, ob, row, x2, x2_ob, y, y_0, y_h, y_n, y_ob, y_w)
        task = next_task(args[0])
