from graphnet.codegen.cpu.float32x8 import (
    ceildiv,
    iload,
    imin,
    map_tile_4x3,
    map_tile_4x4,
    next_task,
    pointer,
    pointer_i64,
    tile_4x3_2,
    vstore,
    winograd_input_4,
    winograd_output_4,
)


def keep(acc, down, across, scratch, m_at, block_step):
    vstore(scratch, m_at + across * block_step + down * 8, acc)


def epilogue(acc, down, across, H_2, W_3, cb, h_2_first, n, w_3_first, y, y_cb, y_h_2, y_n, y_w_3):
    h_2 = h_2_first + down
    w_3 = w_3_first + across
    if h_2 < H_2 and w_3 < W_3:
        vstore(y, n * y_n + cb * y_cb + h_2 * y_h_2 + w_3 * y_w_3, acc)


def kernel(args, worker, workers):
    """v_conv2d_input_gradient[n, c, h_2, w_3] = sum over o, i, j of x[n, o, h_2 - i + 1, w_3 - j + 1] * x2[o, c, i, j]
    y = v_conv2d_input_gradient
    in tiles of 4 x 4, by products of what x and x2 are transformed to: the latter is x1
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[14])
    x1 = pointer(args[23])
    y = pointer(args[28])
    x2 = pointer(args[33])
    CB, H_2, W_3, RUN, block_step, H_2T, W_3T, scratch_table = args[2], args[3], args[4], args[5], args[6], args[7], args[8], args[9]
    v_step, m_0, m_step, OB, x_h_2, x_w_3, x_H_2, x_W_3 = args[10], args[11], args[12], args[13], args[15], args[16], args[17], args[18]
    x_n, x_ob, x_0, SHARE, x1_number, x1_cb, OL, x1_ob = args[19], args[20], args[21], args[22], args[24], args[25], args[26], args[27]
    y_n, y_cb, y_h_2, y_w_3 = args[29], args[30], args[31], args[32]
    scratch = pointer(iload(pointer_i64(scratch_table), worker))
    tiles = N * H_2T * W_3T
    task = next_task(args[0])
    while task < ceildiv(tiles, RUN):
        first = task * RUN
        count = imin(RUN, tiles - first)
        for ob in range(OB):
            for tile in range(count):
                place = first + tile
                w_3_first = place % W_3T
                h_2_first = place // W_3T % H_2T
                n = place // W_3T // H_2T
                h_2_first = h_2_first * 4
                w_3_first = w_3_first * 4
                winograd_input_4(x, x_0 + n * x_n + ob * x_ob + h_2_first * x_h_2 + w_3_first * x_w_3, x_h_2, x_w_3, h_2_first - 1, x_H_2, w_3_first - 1, x_W_3, scratch, ob * block_step + tile * 8, v_step)
        for cb_first in range(0, SHARE, 3):
            for number in range(36):
                u_at = cb_first * x1_cb + number * x1_number
                for row in range(0, count, 4):
                    v_at = number * v_step + row * 8
                    m_at = m_0 + number * m_step + row * 8
                    acc = tile_4x3_2(scratch, v_at, x1, u_at, (8, x1_cb, OB, block_step, x1_ob, OL, 1, 8))
                    map_tile_4x3(keep, acc, scratch, m_at, block_step)
            for tile in range(count):
                place = first + tile
                w_3_first = place % W_3T
                h_2_first = place // W_3T % H_2T
                n = place // W_3T // H_2T
                h_2_first = h_2_first * 4
                w_3_first = w_3_first * 4
                for across in range(3):
                    cb = cb_first + across
                    acc = winograd_output_4(scratch, m_0 + across * block_step + tile * 8, m_step)
                    map_tile_4x4(epilogue, acc, H_2, W_3, cb, h_2_first, n, w_3_first, y, y_cb, y_h_2, y_n, y_w_3)
        task = next_task(args[0])
