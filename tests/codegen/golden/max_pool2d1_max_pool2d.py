from graphnet.codegen.cpu.float32x8 import (
    first_lanes,
    iload,
    imin,
    maximum,
    next_task,
    pointer,
    pointer_i64,
    pointer_u8,
    splat,
    vload,
    vstore,
    where,
    zero,
)


def kernel(args, worker, workers):
    """v_max_pool2d[n, c, h, w] = largest over i, j of x[n, c, 2*h + i, 2*w + j]
    v_max_pool2d1[n, c, h, w] = place of the largest over i, j of x[n, c, 2*h + i, 2*w + j]
    y = v_max_pool2d
    y1 = v_max_pool2d1
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    y = pointer(args[5])
    x = pointer(args[12])
    y1 = pointer_u8(args[21])
    CB, H, W, y_n, y_cb, y_h, y_0, I = args[2], args[3], args[4], args[6], args[7], args[8], args[9], args[10]
    J, x_n, x_cb, x_h, x_i, x_w, x_j, y_w = args[11], args[13], args[14], args[15], args[16], args[17], args[18], args[19]
    cl_units, y1_n, y1_cb, y1_h, y1_w = args[20], args[22], args[23], args[24], args[25]
    task = next_task(args[0])
    while task < N * CB:
        cb = task % CB
        n = task // CB
        for h in range(H):
            zero(y, y_0 + n * y_n + cb * y_cb + h * y_h - 8, 1)
            for w in range(W):
                v_max_pool2d = splat(-1e308 * 10.0)
                v_max_pool2d1 = splat(-1e308 * 10.0)
                v_max_pool2d1_at = splat(-1.0)
                for i in range(I):
                    for j in range(J):
                        v_x = vload(x, n * x_n + cb * x_cb + h * x_h + i * x_i + w * x_w + j * x_j)
                        v_max_pool2d = maximum(v_max_pool2d, v_x)
                        candidate = v_x
                        better = (candidate > v_max_pool2d1) | ((candidate != candidate) & (v_max_pool2d1 == v_max_pool2d1)) | (v_max_pool2d1_at < 0.0)
                        v_max_pool2d1_at = where(better, (splat(i) * 2.0) + splat(j), v_max_pool2d1_at)
                        v_max_pool2d1 = where(better, candidate, v_max_pool2d1)
                vstore(y, y_0 + n * y_n + cb * y_cb + h * y_h + w * y_w, where(first_lanes(imin(8, cl_units - cb * 8)), v_max_pool2d, splat(0.0)))
                vstore(y1, n * y1_n + cb * y1_cb + h * y1_h + w * y1_w, where(first_lanes(imin(8, cl_units - cb * 8)), v_max_pool2d1_at, splat(0.0)))
            if h == H - 1:
                zero(y, y_0 + n * y_n + cb * y_cb + h * y_h + W * 8, 1)
        task = next_task(args[0])
