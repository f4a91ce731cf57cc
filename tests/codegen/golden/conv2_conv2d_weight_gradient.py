from graphnet.codegen.cpu.float32x8 import (
    ceildiv,
    iload,
    imax,
    imin,
    map_tile_4x3,
    next_task,
    pointer,
    pointer_i64,
    splat,
    tile_4x3_3,
    vload,
    vstore,
)


def epilogue(acc, down, across, cb, i, j, ob_first, row, y, y_cb, y_cl, y_i, y_j, y_ob):
    ob = ob_first + across
    cl = row + down
    total = vload(y, ob * y_ob + cb * y_cb + cl * y_cl + i * y_i + j * y_j) + acc
    vstore(y, ob * y_ob + cb * y_cb + cl * y_cl + i * y_i + j * y_j, total)


def kernel(args, worker, workers):
    """v_conv2d_weight_gradient[o, c, i, j] = sum over n, h, w of x1[n, o, h, w] * x[n, c, 2*h + i - 1, 2*w + j - 1]
    y = v_conv2d_weight_gradient
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    y = pointer(args[7])
    x = pointer(args[14])
    x1 = pointer(args[15])
    OB, I, J, CB, CL, y_ob, y_cb, y_cl = args[2], args[3], args[4], args[5], args[6], args[8], args[9], args[10]
    y_i, y_j, n_lines, x_n, x1_n, x_h, x1_h, H = args[11], args[12], args[13], args[16], args[17], args[18], args[19], args[20]
    x_w, x1_w, W, x_cb, x_i, x_j, x_0, x1_ob = args[21], args[22], args[23], args[24], args[25], args[26], args[27], args[28]
    task = next_task(args[0])
    while task < I * J * CB:
        ob_group = 0
        cb = task % CB
        j = task // CB % J
        i = task // CB // J
        ob_first = ob_group * 3
        for cl in range(CL):
            for ob in range(ob_first, ob_first + 3):
                vstore(y, ob * y_ob + cb * y_cb + cl * y_cl + i * y_i + j * y_j, splat(0.0))
        chunks = ceildiv(N, n_lines)
        for chunk in range(chunks):
            n_first = chunk * n_lines
            n_start = n_first
            n_stop = imin(N, n_first + n_lines)
            n_count = imax(0, n_stop - n_start)
            h_start = imax(0, ceildiv(-(i - 1), 2))
            h_stop = imin(H, (7 - (i - 1)) // 2 + 1)
            h_count = imax(0, h_stop - h_start)
            w_start = imax(0, ceildiv(-(j - 1), 2))
            w_stop = imin(W, (8 - (j - 1)) // 2 + 1)
            w_count = imax(0, w_stop - w_start)
            x_at = x_0 + cb * x_cb + i * x_i + j * x_j + n_start * x_n + h_start * x_h + w_start * x_w
            w_at = ob_first * x1_ob + n_start * x1_n + h_start * x1_h + w_start * x1_w
            for row in range(0, CL - 3, 4):
                acc = tile_4x3_3(x, x_at + row, x1, w_at, (1, x1_ob, n_count, x_n, x1_n, h_count, x_h, x1_h, w_count, x_w, x1_w))
                map_tile_4x3(epilogue, acc, cb, i, j, ob_first, row, y, y_cb, y_cl, y_i, y_j, y_ob)
        task = next_task(args[0])
