from graphnet.codegen.cpu.float32x8 import (
    exp,
    first_lanes,
    hmax,
    hsum,
    iload,
    imin,
    lanes,
    log,
    maximum,
    next_task,
    pointer,
    pointer_i32,
    pointer_i64,
    sload,
    splat,
    sstore,
    vload,
    where,
)


def kernel(args, worker, workers):
    """v_classes[n] = sum over c of exp(x[n, c] - x2[n])
    v_classes1[n] = largest over c of where(c == x1[n], x[n, c] - x2[n], -inf)
    v_logarithm[n] = log(v_classes[n])
    y = v_classes1
    y1 = v_logarithm
    """
    step = pointer_i64(args[1])
    N = iload(step, 0)
    x = pointer(args[3])
    x1 = pointer_i32(args[6])
    x2 = pointer(args[7])
    y = pointer(args[10])
    y1 = pointer(args[11])
    CB, x_n, x_cb, cb_step, cl_units = args[2], args[4], args[5], args[8], args[9]
    task = next_task(args[0])
    while task < N:
        n = task
        v_classes = splat(0.0)
        v_classes1 = splat(-1e308 * 10.0)
        for cb in range(CB):
            v_x = vload(x, n * x_n + cb * x_cb)
            v_x1 = sload(x1, n)
            v_x2 = sload(x2, n)
            t0_0 = v_x - v_x2
            v_classes = v_classes + where(first_lanes(imin(8, cl_units - cb * 8)), exp(t0_0), splat(0.0))
            v_classes1 = maximum(v_classes1, where(first_lanes(imin(8, cl_units - cb * 8)), where((splat(cb * cb_step) + lanes() * 1.0) == v_x1, t0_0, splat(-1e308 * 10.0)), splat(-1e308 * 10.0)))
        v_classes = hsum(v_classes)
        v_classes1 = hmax(v_classes1)
        v_logarithm = log(v_classes)
        sstore(y, n, v_classes1)
        sstore(y1, n, v_logarithm)
        task = next_task(args[0])
