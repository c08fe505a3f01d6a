//! The memory of the process, once it has keys in it.

/// Keeps the memory out of core dumps, and from other processes of the same user. False where the system can't.
pub fn keep_from_dumps() -> bool {
    #[cfg(target_os = "linux")]
    let kept = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).is_ok();
    #[cfg(not(target_os = "linux"))]
    let kept = false;
    kept
}
