from graphnet.codegen.cpu.float32x8 import (
    iload,
    imax,
    imin,
    lane_tile_3x1_1_taps3s1d1_sums2,
    lane_tile_3x1_2_taps8s1d1_sums4,
    lane_tile_3x1_2_taps8s1d1_sums4_ahead1,
    map_tile_3x1,
    next_task,
    pointer,
    pointer_i64,
    splat,
    vload,
    vstore,
)


def epilogue(acc, down, across, c, i, ob, part, row, y, y_c, y_i, y_j, y_ob, y_part):
    j = row + down
    total = vload(y, ob * y_ob + c * y_c + i * y_i + j * y_j + part * y_part) + acc
    vstore(y, ob * y_ob + c * y_c + i * y_i + j * y_j + part * y_part, total)


def kernel(args, worker, workers):
    """v_conv2d_weight_gradient_part[o, c, i, j, part] = sum over q, h, w of x1[5*part + q, o, h, w] * x[5*part + q, o, h + i - 1, w + j - 1]
    y = v_conv2d_weight_gradient_part
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    y = pointer(args[6])
    x = pointer(args[13])
    x1 = pointer(args[14])
    OB, PART, I, J, y_ob, y_c, y_i, y_j = args[2], args[3], args[4], args[5], args[7], args[8], args[9], args[10]
    y_part, Q, x_h, x1_h, H, x_part, x_q, x_ob = args[11], args[12], args[15], args[16], args[17], args[18], args[19], args[20]
    x_i, x_0, x1_part, x1_q, x1_ob, x1_0, x_ws, x1_ws = args[21], args[22], args[23], args[24], args[25], args[26], args[27], args[28]
    WS, x_ahead, x1_ahead, x_w_end, x1_w_end = args[29], args[30], args[31], args[32], args[33]
    task = next_task(args[0])
    while task < OB * PART:
        c = 0
        part = task % PART
        ob = task // PART
        for i in range(I):
            for j in range(J):
                vstore(y, ob * y_ob + c * y_c + i * y_i + j * y_j + part * y_part, splat(0.0))
        q_start = imax(0, -(part * 5))
        q_stop = imin(Q, (N - 1) - (part * 5) + 1)
        for q in range(q_start, q_stop):
            for i in range(I):
                h_start = imax(0, -(i - 1))
                h_stop = imin(H, 16 - (i - 1) + 1)
                h_count = imax(0, h_stop - h_start)
                x_at = x_0 + part * x_part + q * x_q + ob * x_ob + i * x_i + h_start * x_h
                w_at = x1_0 + part * x1_part + q * x1_q + ob * x1_ob + h_start * x1_h
                for row in range(0, J - 2, 3):
                    if i == 0:
                        acc = lane_tile_3x1_2_taps8s1d1_sums4_ahead1(x, x_at + row * 8, x1, w_at, (8, 0, 8, 0, x_ahead, 0, x1_ahead, h_count, x_h, x1_h, WS, x_ws, x1_ws))
                        map_tile_3x1(epilogue, acc, c, i, ob, part, row, y, y_c, y_i, y_j, y_ob, y_part)
                    else:
                        acc = lane_tile_3x1_2_taps8s1d1_sums4(x, x_at + row * 8, x1, w_at, (8, 0, 8, 0, h_count, x_h, x1_h, WS, x_ws, x1_ws))
                        map_tile_3x1(epilogue, acc, c, i, ob, part, row, y, y_c, y_i, y_j, y_ob, y_part)
                    acc = lane_tile_3x1_1_taps3s1d1_sums2(x, x_at + row * 8 + x_w_end, x1, w_at + x1_w_end, (8, 0, 8, 0, h_count, x_h, x1_h))
                    map_tile_3x1(epilogue, acc, c, i, ob, part, row, y, y_c, y_i, y_j, y_ob, y_part)
        task = next_task(args[0])
