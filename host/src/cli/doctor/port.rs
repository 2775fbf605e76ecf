//! Who listens at a port of this machine, as Linux tells it.

use std::{fs, path::Path};

/// State of a socket that listens, as in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// Program that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listener {
    /// Its process; none when it is another user's.
    pub(super) process: Option<(u32, String)>,
}

/// Who listens at a port; none when nobody does, or the system does not tell.
pub(super) fn listener(port: u16) -> Option<Listener> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let socket = tables.iter().find_map(|table| socket(table, port))?;
    Some(Listener {
        process: process(&socket),
    })
}

/// The number of the socket that listens at a port.
fn socket(table: &str, port: u16) -> Option<String> {
    let wanted = format!("{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let (_, at) = words.get(1)?.rsplit_once(':')?;
        let listens = *words.get(3)? == LISTENS;
        (listens && at == wanted).then(|| words.get(9).map(|socket| (*socket).to_owned()))?
    })
}

fn process(socket: &str) -> Option<(u32, String)> {
    let wanted = format!("socket:[{socket}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|id| holds(*id, &wanted))
        .map(|id| {
            let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            (id, name.trim().to_owned())
        })
}

fn holds(process: u32, wanted: &str) -> bool {
    let files = fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|target| target == Path::new(wanted))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn this_program_is_found_at_its_port() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listening.local_addr().unwrap().port();
        let found = listener(port).unwrap().process.unwrap();
        assert_eq!(found.0, std::process::id());
        drop(listening);
        assert_eq!(listener(port), None);
    }

    #[test]
    fn only_a_socket_that_listens_counts() {
        let table = "  sl  local_address rem_address   st tx rx tr tm retrnsmt uid timeout inode\n   \
                     0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 777 1\n   \
                     1: 0100007F:1F91 0100007F:9999 01 0:0 0:0 0 0 0 778 1\n";
        assert_eq!(socket(table, 8080).as_deref(), Some("777"));
        assert_eq!(socket(table, 8081), None);
    }
}
