//! How many cores this process may use.

use std::sync::OnceLock;

/// Cores that this process may use, at least one; asked once. Affinity and the quota of a control group count.
pub(crate) fn usable() -> usize {
    static USABLE: OnceLock<usize> = OnceLock::new();
    *USABLE.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}
