//! Memory available to this process, on the machine or in the container.

use std::path::Path;

/// Assumed when the amount is unknown.
const UNKNOWN_BYTES: u64 = 2 << 30;

/// Default memory for plugin calls: half of what is available. The rest is for the server, compiled plugins, and the
/// database's page cache.
pub(super) fn plugin_memory_bytes() -> u64 {
    available(|path| std::fs::read_to_string(path).ok()).unwrap_or(UNKNOWN_BYTES) / 2
}

/// Smallest limit that applies to this process, according to Linux.
fn available(read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| machine_bytes(&text));
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(|line| group_limits(line, &read));
    machine.into_iter().chain(limits).min()
}

/// `MemTotal:       16316412 kB`
fn machine_bytes(text: &str) -> Option<u64> {
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Limits of a control group and its parents. A line is `0::/path` (version 2) or `5:memory:/path` (version 1); a
/// container may see its own group at the root, whatever the path says.
fn group_limits(line: &str, read: impl Fn(&Path) -> Option<String>) -> Vec<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
        return Vec::new();
    };
    let (root, file) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|controller| controller == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let group = Path::new(root).join(path.trim_start_matches('/'));
    let around = group.ancestors().take_while(|folder| folder.starts_with(root));
    // `max` means no limit and does not parse as a number.
    around
        .filter_map(|folder| read(&folder.join(file))?.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::available;

    fn of(files: &[(&str, &str)]) -> Option<u64> {
        available(|path| {
            let file = files.iter().find(|(name, _)| Path::new(name) == path);
            file.map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn the_smallest_limit_counts() {
        let machine = ("/proc/meminfo", "MemTotal:       1048576 kB\nMemFree: 5 kB\n");
        assert_eq!(of(&[machine]), Some(1 << 30));
        let service = ("/proc/self/cgroup", "0::/system.slice/lark.service\n");
        let own = ("/sys/fs/cgroup/system.slice/lark.service/memory.max", "max\n");
        let around = ("/sys/fs/cgroup/system.slice/memory.max", "536870912\n");
        assert_eq!(of(&[machine, service, own]), Some(1 << 30), "no limit is none");
        assert_eq!(of(&[machine, service, own, around]), Some(512 << 20));
        let container = ("/sys/fs/cgroup/memory.max", "268435456\n");
        assert_eq!(
            of(&[machine, ("/proc/self/cgroup", "0::/\n"), container]),
            Some(256 << 20)
        );
    }

    #[test]
    fn the_first_version_of_control_groups_is_read_too() {
        let groups = ("/proc/self/cgroup", "7:cpu,cpuacct:/docker/a\n5:memory:/docker/a\n");
        let limit = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
        assert_eq!(of(&[groups, limit]), Some(128 << 20));
        assert_eq!(of(&[]), None);
    }
}
