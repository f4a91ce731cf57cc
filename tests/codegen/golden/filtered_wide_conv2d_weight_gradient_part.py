from graphnet.codegen.cpu.float32x8 import (
    iload,
    imax,
    imin,
    map_tile_3x3,
    map_tile_4x2,
    next_task,
    pointer,
    pointer_i64,
    tile_4x2_1,
    vload,
    vstore,
    winograd_gradient_4,
    winograd_input_4,
    winograd_taps_4,
    zero,
)


def add(acc, down, across, scratch, u_at, sums_step):
    at = u_at + across * sums_step + down * 8
    vstore(scratch, at, vload(scratch, at) + acc)


def epilogue(acc, down, across, cb, cl, ob, part, y, y_cb, y_cl, y_i, y_j, y_ob, y_part):
    i = down
    j = across
    vstore(y, ob * y_ob + cb * y_cb + cl * y_cl + i * y_i + j * y_j + part * y_part, acc)


def kernel(args, worker, workers):
    """v_conv2d_weight_gradient_part[o, c, i, j, part] = sum over q, h, w of x1[part + q, o, h, w] * x[part + q, c, h + i - 1, w + j - 1]
    y = v_conv2d_weight_gradient_part
    in tiles of 4 x 4, by products of what x and x1 are transformed to
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[18])
    x1 = pointer(args[27])
    y = pointer(args[36])
    run_step, sums_step, scratch_table, v_step, z_0, z_step, u_0, u_step = args[2], args[3], args[4], args[5], args[6], args[7], args[8], args[9]
    PART, UNITS, OB, CHANNELS, CB, HT, WT, sums = args[10], args[11], args[12], args[13], args[14], args[15], args[16], args[17]
    x_h, x_w, x_H, x_W, x_q, x_part, x_cb, x_0 = args[19], args[20], args[21], args[22], args[23], args[24], args[25], args[26]
    x1_h, x1_w, x1_H, x1_W, x1_q, x1_part, x1_ob, x1_0 = args[28], args[29], args[30], args[31], args[32], args[33], args[34], args[35]
    y_ob, y_cb, y_cl, y_i, y_j, y_part, CL = args[37], args[38], args[39], args[40], args[41], args[42], args[43]
    scratch = pointer(iload(pointer_i64(scratch_table), worker))
    task = next_task(args[0])
    while task < PART:
        unit_group = 0
        channel_group = 0
        part = task
        ob_first = unit_group * UNITS
        units = imin(UNITS, OB - ob_first)
        cb_first = channel_group * CHANNELS
        channels = imin(CHANNELS, CB - cb_first)
        for number in range(36):
            zero(scratch, u_0 + number * u_step, sums)
        tiles = imax(0, imin(1, N - part * 1)) * HT * WT
        for first in range(0, tiles, 32):
            count = imin(32, tiles - first)
            for channel in range(channels):
                cb = cb_first + channel
                for tile in range(count):
                    place = first + tile
                    w_first = place % WT
                    h_first = place // WT % HT
                    q = place // WT // HT
                    h_first = h_first * 4
                    w_first = w_first * 4
                    winograd_input_4(x, x_0 + q * x_q + part * x_part + cb * x_cb + h_first * x_h + w_first * x_w, x_h, x_w, h_first - 1, x_H, w_first - 1, x_W, scratch, channel * run_step + tile * 8, v_step)
            for unit in range(units):
                ob = ob_first + unit
                for tile in range(count):
                    place = first + tile
                    w_first = place % WT
                    h_first = place // WT % HT
                    q = place // WT // HT
                    h_first = h_first * 4
                    w_first = w_first * 4
                    winograd_gradient_4(x1, x1_0 + q * x1_q + part * x1_part + ob * x1_ob + h_first * x1_h + w_first * x1_w, x1_h, x1_w, h_first, x1_H, w_first, x1_W, scratch, z_0 + unit * run_step + tile * 8, z_step)
            for number in range(36):
                for unit in range(0, units, 2):
                    for channel in range(channels):
                        for row in range(0, 8, 4):
                            v_at = number * v_step + channel * run_step + row
                            z_at = z_0 + number * z_step + unit * run_step
                            u_at = u_0 + number * u_step + unit * sums_step + channel * 64 + row * 8
                            acc = tile_4x2_1(scratch, v_at, scratch, z_at, (1, run_step, count, 8, 8))
                            map_tile_4x2(add, acc, scratch, u_at, sums_step)
        for unit in range(units):
            ob = ob_first + unit
            for channel in range(channels):
                cb = cb_first + channel
                for cl in range(CL):
                    acc = winograd_taps_4(scratch, u_0 + unit * sums_step + channel * 64 + cl * 8, u_step)
                    map_tile_3x3(epilogue, acc, cb, cl, ob, part, y, y_cb, y_cl, y_i, y_j, y_ob, y_part)
        task = next_task(args[0])
