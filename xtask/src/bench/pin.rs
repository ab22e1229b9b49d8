//! One core for the server and the others for the load, where the system lets a process choose.

/// Returns whether servers have a core of their own here.
pub(super) fn is_possible() -> bool {
    cores::count() > 1
}

/// Gives everything that this thread starts from now on one core.
pub(super) fn to_server() {
    cores::take(|core, _| core == 0);
}

/// This thread has the other cores.
pub(super) fn to_client() {
    cores::take(|core, count| core > 0 && core < count);
}

#[cfg(target_os = "linux")]
mod cores {
    use std::sync::LazyLock;

    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    /// The cores that this process was given, before it gave any away.
    static GIVEN: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
        (0..CpuSet::count()).filter(|core| set.is_set(*core).unwrap_or(false)).collect()
    });

    pub(super) fn count() -> usize {
        GIVEN.len()
    }

    /// Keeps to those of the given cores, by their place, that are wanted.
    pub(super) fn take(wanted: fn(usize, usize) -> bool) {
        if count() < 2 {
            return;
        }
        let mut set = CpuSet::new();
        for (place, core) in GIVEN.iter().enumerate() {
            if wanted(place, count()) {
                // The system itself named these cores.
                let _ = set.set(*core);
            }
        }
        // Without it the figures are of an unpinned server: worse, and said nowhere but here.
        let _ = sched_setaffinity(Pid::from_raw(0), &set);
    }
}

#[cfg(not(target_os = "linux"))]
mod cores {
    pub(super) fn count() -> usize {
        1
    }

    pub(super) fn take(_: fn(usize, usize) -> bool) {}
}
