from graphnet.codegen.cpu.float32x8 import (
    iload,
    imax,
    imin,
    map_tile_4x2,
    map_tile_5x2,
    next_task,
    pointer,
    pointer_i64,
    splat,
    tile_4x2_3,
    tile_5x2_3,
    vload,
    vstore,
    where,
)


def epilogue(acc, down, across, h, n, ob_first, row, x2, x2_ob, y, y_h, y_n, y_ob, y_w):
    ob = ob_first + across
    w = row + down
    v_x2 = vload(x2, ob * x2_ob)
    v_bias = acc + v_x2
    v_relu = where(v_bias < 0.0, splat(0.0), v_bias)
    vstore(y, n * y_n + ob * y_ob + h * y_h + w * y_w, v_relu)


def kernel(args, worker, workers):
    """v_conv2d[n, o, h, w] = sum over c, i, j of x[n, c, h + i - 1, w + j - 1] * x1[o, c, i, j]
    v_bias[n, o, h, w] = v_conv2d[n, o, h, w] + x2[o]
    v_relu[n, o, h, w] = where(v_bias[n, o, h, w] < 0, 0, v_bias[n, o, h, w])
    y = v_relu
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[5])
    x1 = pointer(args[6])
    x2 = pointer(args[19])
    y = pointer(args[21])
    OB, H, W, x_c, x1_c, C, x_i, x1_i = args[2], args[3], args[4], args[7], args[8], args[9], args[10], args[11]
    I, x1_j, J, x_n, x_h, x_0, x1_ob, x2_ob = args[12], args[13], args[14], args[15], args[16], args[17], args[18], args[20]
    y_n, y_ob, y_h, y_w = args[22], args[23], args[24], args[25]
    task = next_task(args[0])
    while task < N * H:
        ob_group = 0
        h = task % H
        n = task // H
        ob_first = ob_group * 2
        i_start = imax(0, -(h - 1))
        i_stop = imin(I, 16 - (h - 1) + 1)
        i_count = imax(0, i_stop - i_start)
        x_at = x_0 + n * x_n + h * x_h + i_start * x_i
        w_at = ob_first * x1_ob + i_start * x1_i
        for row in range(0, W - 4, 5):
            acc = tile_5x2_3(x, x_at + row, x1, w_at, (1, x1_ob, C, x_c, x1_c, i_count, x_i, x1_i, J, 1, x1_j))
            map_tile_5x2(epilogue, acc, h, n, ob_first, row, x2, x2_ob, y, y_h, y_n, y_ob, y_w)
        row = W - 4
        acc = tile_4x2_3(x, x_at + row, x1, w_at, (1, x1_ob, C, x_c, x1_c, i_count, x_i, x1_i, J, 1, x1_j))
        map_tile_4x2(epilogue, acc, h, n, ob_first, row, x2, x2_ob, y, y_h, y_n, y_ob, y_w)
        task = next_task(args[0])
