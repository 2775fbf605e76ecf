//! Lines that the destination of the log did not take: the disk is full, or the pipe closed.

use std::io::{self, Write as _};

use super::Target;

/// Lines that the destination did not take.
#[derive(Default)]
pub(super) struct Lost {
    pub(super) lines: usize,
    /// The last line was written in part.
    pub(super) is_torn: bool,
}

impl Lost {
    /// Writes the lines and counts those that the destination does not take. Returns whether it took all, and there were
    /// any.
    pub(super) fn write(&mut self, target: &mut Target, lines: &[u8]) -> bool {
        if lines.is_empty() {
            return false;
        }
        if self.is_torn {
            if target.write_all(b"\n").is_err() {
                self.lines += line_ends(lines);
                return false;
            }
            self.is_torn = false;
        }
        let mut left = lines;
        while !left.is_empty() {
            let written = match target.write(left) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(bytes) if bytes > 0 => bytes,
                _ => {
                    let written = lines.len() - left.len();
                    self.is_torn = lines
                        .get(..written)
                        .and_then(<[u8]>::last)
                        .is_some_and(|last| *last != b'\n');
                    self.lines += line_ends(left);
                    return false;
                }
            };
            left = left.get(written..).unwrap_or_default();
        }
        let _ = target.flush();
        true
    }
}

fn line_ends(lines: &[u8]) -> usize {
    lines.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::mpsc,
    };

    use super::{Lost, Target};

    /// Takes a few bytes, then nothing until the other side says so.
    struct Disk {
        room: usize,
        is_free: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.is_free.try_recv().is_ok() {
                self.room = usize::MAX;
            }
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            self.written
                .send(bytes[..taken].to_vec())
                .map_err(|_gone| io::ErrorKind::BrokenPipe)?;
            if taken == 0 {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                Ok(taken)
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_tears_no_line_that_is_written_when_it_has_room_again() {
        let (free, is_free) = mpsc::channel();
        let (sender, written) = mpsc::channel();
        let mut target: Target = Box::new(Disk {
            room: 6,
            is_free,
            written: sender,
        });
        let mut lost = Lost::default();
        assert!(!lost.write(&mut target, b"one\ntwo\nthree\n"));
        assert!(!lost.write(&mut target, b"four\n"));
        free.send(()).expect("it listens");
        assert!(lost.write(&mut target, b"five\n"));
        drop(target);
        let all: Vec<u8> = written.iter().flatten().collect();
        assert_eq!(String::from_utf8(all).as_deref(), Ok("one\ntw\nfive\n"));
        assert_eq!(lost.lines, 3);
    }
}
