"""How many cores this process may use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


@cache
def usable_cores() -> int:
    """Cores that affinity and the control group's quota both allow; at least one. Found out once in a process."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota(Path("/proc/self/cgroup"), _CGROUPS)
    return affinity if quota is None else max(1, min(affinity, int(quota)))


def _cgroup_quota(membership: Path, root: Path) -> float | None:
    """The smallest quota, in cores, of the groups that this process is in and of their parents."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            base, read = root, _quota_v2
        elif "cpu" in controllers.split(","):
            base, read = root / "cpu", _quota_v1
        else:
            continue
        # In a container the path may be the host's, which is not mounted here; the parents cover the root then.
        folder = base / group.lstrip("/")
        for candidate in (folder, *folder.parents):
            quotas.append(read(candidate))
            if candidate == base:
                break
    return min((quota for quota in quotas if quota is not None), default=None)


def _quota_v2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1(folder: Path) -> float | None:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return None if quota < 0 else quota / period
