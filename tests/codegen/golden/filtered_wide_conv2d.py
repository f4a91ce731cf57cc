from graphnet.codegen.cpu.float32x8 import (
    ceildiv,
    iload,
    imin,
    map_tile_4x4,
    map_tile_6x2,
    next_task,
    pointer,
    pointer_i64,
    splat,
    tile_6x2_2,
    vload,
    vstore,
    where,
    winograd_input_4,
    winograd_output_4,
    zero,
)


def keep(acc, down, across, scratch, m_at, block_step):
    vstore(scratch, m_at + across * block_step + down * 8, acc)


def epilogue(acc, down, across, H, W, h_first, n, ob, w_first, x2, x2_ob, x3, x3_h, x3_n, x3_ob, x3_w, y, y1, y1_0, y1_h, y1_n, y1_ob, y1_w, y_h, y_n, y_ob, y_w):
    h = h_first + down
    w = w_first + across
    if h < H and w < W:
        v_x2 = vload(x2, ob * x2_ob)
        v_bias = acc + v_x2
        v_relu = where(v_bias < 0.0, splat(0.0), v_bias)
        v_x3 = vload(x3, n * x3_n + ob * x3_ob + h * x3_h + w * x3_w)
        v_squared_error_gradient = 2.0 * (v_relu - v_x3)
        v_relu_gradient = where(v_relu > 0.0, v_squared_error_gradient, splat(0.0))
        vstore(y, n * y_n + ob * y_ob + h * y_h + w * y_w, v_relu)
        vstore(y1, y1_0 + n * y1_n + ob * y1_ob + h * y1_h + w * y1_w, v_relu_gradient)
        if w == 0:
            zero(y1, y1_0 + n * y1_n + ob * y1_ob + h * y1_h - 8, 1)
        if w == W - 1 and h == H - 1:
            zero(y1, y1_0 + n * y1_n + ob * y1_ob + h * y1_h + W * 8, 1)


def kernel(args, worker, workers):
    """v_conv2d[n, o, h, w] = sum over c, i, j of x[n, c, h + i - 1, w + j - 1] * x4[o, c, i, j]
    v_bias[n, o, h, w] = v_conv2d[n, o, h, w] + x2[o]
    v_relu[n, o, h, w] = where(v_bias[n, o, h, w] < 0, 0, v_bias[n, o, h, w])
    v_squared_error_gradient[n, o, h, w] = 2 * (v_relu[n, o, h, w] - x3[n, o, h, w])
    v_relu_gradient[n, o, h, w] = where(v_relu[n, o, h, w] > 0, v_squared_error_gradient[n, o, h, w], 0)
    y = v_relu
    y1 = v_relu_gradient
    in tiles of 4 x 4, by products of what x and x4 are transformed to: the latter is x1
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[14])
    x1 = pointer(args[23])
    x2 = pointer(args[28])
    x3 = pointer(args[30])
    y = pointer(args[35])
    y1 = pointer(args[40])
    x4 = pointer(args[46])
    OB, H, W, RUN, block_step, HT, WT, scratch_table = args[2], args[3], args[4], args[5], args[6], args[7], args[8], args[9]
    v_step, m_0, m_step, CB, x_h, x_w, x_H, x_W = args[10], args[11], args[12], args[13], args[15], args[16], args[17], args[18]
    x_n, x_cb, x_0, SHARE, x1_number, x1_ob, CL, x1_cb = args[19], args[20], args[21], args[22], args[24], args[25], args[26], args[27]
    x2_ob, x3_n, x3_ob, x3_h, x3_w, y_n, y_ob, y_h = args[29], args[31], args[32], args[33], args[34], args[36], args[37], args[38]
    y_w, y1_n, y1_ob, y1_h, y1_w, y1_0 = args[39], args[41], args[42], args[43], args[44], args[45]
    scratch = pointer(iload(pointer_i64(scratch_table), worker))
    tiles = N * HT * WT
    task = next_task(args[0])
    while task < ceildiv(tiles, RUN):
        first = task * RUN
        count = imin(RUN, tiles - first)
        for cb in range(CB):
            for tile in range(count):
                place = first + tile
                w_first = place % WT
                h_first = place // WT % HT
                n = place // WT // HT
                h_first = h_first * 4
                w_first = w_first * 4
                winograd_input_4(x, x_0 + n * x_n + cb * x_cb + h_first * x_h + w_first * x_w, x_h, x_w, h_first - 1, x_H, w_first - 1, x_W, scratch, cb * block_step + tile * 8, v_step)
        for ob_first in range(0, SHARE, 2):
            for number in range(36):
                u_at = ob_first * x1_ob + number * x1_number
                for row in range(0, count, 6):
                    v_at = number * v_step + row * 8
                    m_at = m_0 + number * m_step + row * 8
                    acc = tile_6x2_2(scratch, v_at, x1, u_at, (8, x1_ob, CB, block_step, x1_cb, CL, 1, 8))
                    map_tile_6x2(keep, acc, scratch, m_at, block_step)
            for tile in range(count):
                place = first + tile
                w_first = place % WT
                h_first = place // WT % HT
                n = place // WT // HT
                h_first = h_first * 4
                w_first = w_first * 4
                for across in range(2):
                    ob = ob_first + across
                    acc = winograd_output_4(scratch, m_0 + across * block_step + tile * 8, m_step)
                    map_tile_4x4(epilogue, acc, H, W, h_first, n, ob, w_first, x2, x2_ob, x3, x3_h, x3_n, x3_ob, x3_w, y, y1, y1_0, y1_h, y1_n, y1_ob, y1_w, y_h, y_n, y_ob, y_w)
        task = next_task(args[0])
