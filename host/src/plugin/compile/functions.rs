//! Functions that were compiled before, for authors: of a new version of a component in Python nearly all are those of the
//! interpreter, which were in the version before, too.
//!
//! One entry of the cache holds them all. Servers do without: there, what was made of one plugin is not used for another.

use std::{
    borrow::Cow,
    collections::HashMap,
    ops::Range,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::cache::{Cache, functions_key};
use crate::plugin::codegen::CompilerKind;

/// Components smaller than this are compiled in a moment anyway.
pub(super) const COMPONENT_BYTES_MIN: usize = 512 << 10;

/// Functions of four or five interpreters. The whole entry is read for each compile.
const BYTES_MAX: usize = 192 << 20;

/// The name of a function, as Cranelift makes it of all that decides about its code: a SHA-256.
type Key = [u8; 32];

/// Functions from the cache, and those that were compiled since.
#[derive(Debug)]
pub(super) struct Functions {
    cache: Cache,
    name: String,
    stored: Vec<u8>,
    known: HashMap<Key, Known>,
    fresh: Mutex<HashMap<Key, Vec<u8>>>,
}

/// A stored function.
#[derive(Debug)]
struct Known {
    at: Range<usize>,
    is_used: AtomicBool,
}

impl Functions {
    /// Reads the entry for this kind of engine.
    pub(super) fn read(dir: PathBuf, bytes_max: u64, engine: &wasmtime::Engine, kind: CompilerKind) -> Self {
        let cache = Cache::new(dir, bytes_max);
        let name = functions_key(engine, kind);
        let stored = cache.functions(&name).unwrap_or_default();
        Self {
            known: known(&stored),
            cache,
            name,
            stored,
            fresh: Mutex::default(),
        }
    }

    /// Writes the entry again if there is more to keep. What this compile used comes first, and what was not used for long
    /// falls off the end.
    pub(super) fn keep(&self) {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.is_empty() {
            return;
        }
        let of = |is_used: bool| {
            let known = self.known.iter();
            let wanted = known.filter(move |(_, known)| known.is_used.load(Ordering::Relaxed) == is_used);
            wanted.filter_map(|(key, known)| Some((key, self.stored.get(known.at.clone())?)))
        };
        let made = fresh.iter().map(|(key, function)| (key, function.as_slice()));
        let mut kept = Vec::with_capacity(self.stored.len());
        for (key, function) in of(true).chain(made).chain(of(false)) {
            let Ok(bytes) = u32::try_from(function.len()) else {
                continue;
            };
            if kept.len() + function.len() > BYTES_MAX {
                break;
            }
            kept.extend_from_slice(key);
            kept.extend_from_slice(&bytes.to_le_bytes());
            kept.extend_from_slice(function);
        }
        self.cache.store_functions(&self.name, &kept);
    }
}

/// Where each function of an entry lies. An entry is sealed, so that all of it is as it was written.
fn known(stored: &[u8]) -> HashMap<Key, Known> {
    let mut known = HashMap::new();
    let mut rest = stored;
    while let Some((key, after)) = rest.split_first_chunk::<32>()
        && let Some((bytes, after)) = after.split_first_chunk::<4>()
        && let Some((function, after)) = after.split_at_checked(u32::from_le_bytes(*bytes) as usize)
    {
        let end = stored.len() - after.len();
        let at = end - function.len()..end;
        let is_used = AtomicBool::new(false);
        known.insert(*key, Known { at, is_used });
        rest = after;
    }
    known
}

impl wasmtime::CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let known = self.known.get(key)?;
        known.is_used.store(true, Ordering::Relaxed);
        self.stored.get(known.at.clone()).map(Cow::Borrowed)
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let Ok(key) = Key::try_from(key) else { return false };
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.insert(key, value);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{super::child::translate, known};
    use crate::plugin::codegen::CompilerKind;

    const BYTES_MAX: u64 = 1 << 20;

    /// A component whose function is the same for every text in its memory.
    fn component(text: &str) -> Vec<u8> {
        let text = format!(
            "(component (core module (memory 1) (data (i32.const 0) \"{text}\")
               (func (export \"sum\") (param i32) (result i32)
                 (loop $l (local.set 0 (i32.add (local.get 0) (i32.load (i32.const 0)))) (br_if $l (local.get 0)))
                 (local.get 0))))"
        );
        wat::parse_str(text).unwrap()
    }

    fn entry(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut functions = entries.filter(|path| path.extension().is_some_and(|ending| ending == "functions"));
        let path = functions.next().unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(functions.next(), None);
        (path, bytes)
    }

    #[test]
    fn a_function_of_the_version_before_is_taken_over_and_the_code_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("cache");
        let compiled = |text| {
            let functions = Some((folder.clone(), BYTES_MAX));
            let code = translate(CompilerKind::OnDemand, &component(text), functions).unwrap();
            assert_eq!(code, translate(CompilerKind::OnDemand, &component(text), None).unwrap());
        };
        compiled("one");
        let (path, kept) = entry(&folder);
        let first = known(&kept);
        assert!(first.len() > 1, "{first:?}");
        // The compiler's own trampolines may differ between runs; the author's functions do not.
        compiled("two");
        let second = known(&entry(&folder).1);
        assert!(first.keys().all(|key| second.contains_key(key)));
        assert!(second.len() < 2 * first.len(), "{} and {}", first.len(), second.len());

        // One that is damaged is not used, and made again.
        let mut damaged = kept;
        damaged[40] ^= 1;
        fs::write(&path, &damaged).unwrap();
        compiled("three");
        assert_ne!(entry(&folder).1, damaged);
    }
}
