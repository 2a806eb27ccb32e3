//! What the sink remembers of objects: everything but their bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ferross::crc64;

use crate::pattern;

/// An object, as far as it is kept.
#[derive(Clone)]
pub struct Object {
    pub size: u64,
    /// CRC-64 of what was received.
    pub received: u64,
    /// Headers to give back.
    pub metadata: Vec<(String, String)>,
}

#[derive(Default)]
struct Upload {
    metadata: Vec<(String, String)>,
    parts: BTreeMap<u32, (u64, u64)>,
}

/// All objects and unfinished uploads.
#[derive(Default)]
pub struct Store {
    objects: Mutex<BTreeMap<String, Object>>,
    uploads: Mutex<HashMap<String, Upload>>,
    next: AtomicU64,
}

impl Store {
    pub fn put(&self, key: &str, object: Object) {
        lock(&self.objects).insert(key.to_owned(), object);
    }

    /// An object that was put, or one that its name describes: `anything/size-4096` always exists.
    pub fn get(&self, key: &str) -> Option<Object> {
        if let Some(object) = lock(&self.objects).get(key) {
            return Some(object.clone());
        }
        let size = key
            .rsplit('/')
            .next()?
            .strip_prefix("size-")?
            .parse()
            .ok()?;
        Some(Object {
            size,
            received: pattern::checksum(size),
            metadata: Vec::new(),
        })
    }

    pub fn delete(&self, key: &str) {
        lock(&self.objects).remove(key);
    }

    /// Up to `limit` objects whose keys begin with `prefix` and come after `after`.
    pub fn list(&self, prefix: &str, after: &str, limit: usize) -> Vec<(String, u64)> {
        lock(&self.objects)
            .range(after.max(prefix).to_owned()..)
            .filter(|(key, _)| key.as_str() > after)
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, object)| (key.clone(), object.size))
            .collect()
    }

    pub fn begin(&self, metadata: Vec<(String, String)>) -> String {
        let id = format!("U{:031X}", self.next.fetch_add(1, Ordering::Relaxed) + 1);
        lock(&self.uploads).insert(
            id.clone(),
            Upload {
                metadata,
                parts: BTreeMap::new(),
            },
        );
        id
    }

    pub fn part(&self, id: &str, number: u32, size: u64, crc: u64) -> bool {
        lock(&self.uploads)
            .get_mut(id)
            .map(|upload| upload.parts.insert(number, (size, crc)))
            .is_some()
    }

    /// Puts the parts together, all that there are.
    pub fn complete(&self, id: &str, key: &str) -> Option<Object> {
        let Upload { metadata, parts } = lock(&self.uploads).remove(id)?;
        let (size, received) = parts.values().fold((0, 0), |(size, sum), (length, crc)| {
            (size + length, crc64::combine(sum, *crc, *length))
        });
        let object = Object {
            size,
            received,
            metadata,
        };
        self.put(key, object.clone());
        Some(object)
    }

    pub fn abort(&self, id: &str) {
        lock(&self.uploads).remove(id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
