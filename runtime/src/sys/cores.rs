//! How many cores this process may use.

use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Cores that this process may use, at least one; asked once. Affinity and the quota of a control group count, and the
/// threads of one core count once: kernels keep a core busy by themselves.
pub(crate) fn usable() -> usize {
    static USABLE: OnceLock<usize> = OnceLock::new();
    *USABLE.get_or_init(|| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        cores().map_or(threads, |cores| cores.clamp(1, threads))
    })
}

/// Cores that the affinity names, where the system tells.
fn cores() -> Option<usize> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let status = read("/proc/thread-self/status")?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    distinct(&list(allowed)?, |cpu| {
        read(&format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"))
    })
}

/// How many cores these processors are: those with the same siblings are one.
fn distinct(cpus: &[usize], siblings: impl Fn(usize) -> Option<String>) -> Option<usize> {
    let cores: Option<BTreeSet<String>> = cpus.iter().map(|&cpu| siblings(cpu)).collect();
    cores.map(|cores| cores.len())
}

/// The numbers of a list as Linux writes it: `0-3,8`.
fn list(text: &str) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        // No machine has more; the text is not ours.
        if last >= 1 << 16 {
            return None;
        }
        all.extend(first..=last);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        assert_eq!(list("\t0-3,8,10-11\n"), Some(vec![0, 1, 2, 3, 8, 10, 11]));
        assert_eq!(list(" 5\n"), Some(vec![5]));
        for bad in ["", "a", "1-", "1,,2", "0-99999999999"] {
            assert_eq!(list(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn threads_of_one_core_count_once() {
        let siblings = |cpu: usize| (cpu < 8).then(|| format!("{},{}\n", cpu % 4, cpu % 4 + 4));
        assert_eq!(distinct(&[0, 1, 4, 5, 6], siblings), Some(3));
        assert_eq!(distinct(&[2], siblings), Some(1));
        assert_eq!(distinct(&[0, 9], siblings), None);
    }

    #[test]
    fn there_are_no_more_cores_than_threads() {
        let threads = std::thread::available_parallelism().unwrap().get();
        assert!((1..=threads).contains(&usable()), "{}", usable());
    }
}
