//! Owns measuring: wall time, medians, and the processor time of another process.

use std::{fs, time::Instant};

/// Nanoseconds that `work` takes.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let start = Instant::now();
    let result = work();
    (u64::try_from(start.elapsed().as_nanos()).unwrap(), result)
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value below which `part` of the values are.
pub(crate) fn quantile(values: &mut [u64], part: f64) -> u64 {
    values.sort_unstable();
    let at = (values.len() as f64 * part) as usize;
    values[at.min(values.len() - 1)]
}

/// Nanoseconds of processor time that all threads of a process have used.
pub(crate) fn cpu_of(process: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
        .map(|line| line.split(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

/// Bytes that a process has read from files and connections and written to them, wherever they lay.
pub(crate) fn bytes_of(process: u32) -> u64 {
    let counts = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let of = |name: &str| counts.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    of("rchar:").unwrap() + of("wchar:").unwrap()
}

/// Resident kilobytes of a process.
pub(crate) fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
