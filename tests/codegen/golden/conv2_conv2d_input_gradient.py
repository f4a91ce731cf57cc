from graphnet.codegen.cpu.float32x8 import (
    ceildiv,
    iload,
    imax,
    imin,
    map_tile_1x2,
    map_tile_5x2,
    next_task,
    pointer,
    pointer_i64,
    tile_1x2_4,
    tile_5x2_4,
    vstore,
)


def epilogue(acc, down, across, cb_first, h_2, n, phase, row, y, y_cb, y_h_2, y_n, y_w_3):
    cb = cb_first + across
    w_3 = (row + down) * 2 + phase
    vstore(y, n * y_n + cb * y_cb + h_2 * y_h_2 + w_3 * y_w_3, acc)


def kernel(args, worker, workers):
    """v_conv2d_input_gradient[n, c, h_2, w_3] = sum over o, i, j of x[n, o, (h_2 - i + 1)/2, (w_3 - j + 1)/2] * x1[o, c, i, j]
    y = v_conv2d_input_gradient
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[5])
    x1 = pointer(args[6])
    y = pointer(args[20])
    CB, H_2, W_3, x_ob, x1_ob, OB, x1_i, x_qi = args[2], args[3], args[4], args[7], args[8], args[9], args[10], args[11]
    I, x1_j, x_qj, J, x1_ol, OL, x_n, x1_cb = args[12], args[13], args[14], args[15], args[16], args[17], args[18], args[19]
    y_n, y_cb, y_h_2, y_w_3 = args[21], args[22], args[23], args[24]
    task = next_task(args[0])
    while task < N * H_2:
        cb_group = 0
        h_2 = task % H_2
        n = task // H_2
        cb_first = cb_group * 2
        for phase in range(2):
            rows = (W_3 - phase + 1) // 2
            i_start = imax(0, h_2 + 1 - 6)
            i_stop = imin(I, h_2 + 1 + 1)
            while i_start < i_stop and (h_2 + 1 - 1 * i_start) % 2 != 0:
                i_start += 1
            i_count = imax(0, ceildiv(i_stop - i_start, 2))
            j_start = 0
            j_stop = J
            while j_start < j_stop and (phase + 1 - 1 * j_start) % 2 != 0:
                j_start += 1
            j_count = imax(0, ceildiv(j_stop - j_start, 2))
            x_at = n * x_n + (h_2 + 1 - 1 * i_start) // 2 * x_qi + (phase + 1 - 1 * j_start) // 2 * x_qj
            w_at = cb_first * x1_cb + i_start * x1_i + j_start * x1_j
            for row in range(0, rows - 4, 5):
                acc = tile_5x2_4(x, x_at + row * 8, x1, w_at, (8, x1_cb, OB, x_ob, x1_ob, i_count, -x_qi, 2 * x1_i, j_count, -x_qj, 2 * x1_j, OL, 1, x1_ol))
                map_tile_5x2(epilogue, acc, cb_first, h_2, n, phase, row, y, y_cb, y_h_2, y_n, y_w_3)
            for row in range(rows - rows % 5, rows):
                acc = tile_1x2_4(x, x_at + row * 8, x1, w_at, (8, x1_cb, OB, x_ob, x1_ob, i_count, -x_qi, 2 * x1_i, j_count, -x_qj, 2 * x1_j, OL, 1, x1_ol))
                map_tile_1x2(epilogue, acc, cb_first, h_2, n, phase, row, y, y_cb, y_h_2, y_n, y_w_3)
        task = next_task(args[0])
