//! What the operating system says of this process, read from /proc.

use std::collections::BTreeMap;
use std::fs;

/// User and system time of each thread so far, in microseconds, by the thread's name.
pub fn threads_us() -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for task in tasks {
        let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        *out.entry(name.trim().to_owned()).or_default() += ticks_us(&stat);
    }
    out
}

/// User and system time of this process so far, in microseconds.
pub fn cpu_us() -> u64 {
    ticks_us(&fs::read_to_string("/proc/self/stat").unwrap_or_default())
}

fn ticks_us(stat: &str) -> u64 {
    // Fields 14 and 15 in ticks of 10 ms, counted after the name in parentheses (proc(5)).
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10_000
}

/// The largest resident size of this process so far, in kilobytes.
pub fn peak_rss_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or(0)
}
