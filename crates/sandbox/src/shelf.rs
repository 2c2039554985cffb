//! Owns things that are kept under a name until a time: codes, sessions, what a device waits for.
//!
//! Always bounded: what has ended is dropped, and when there is still too much, what would end first.

use std::collections::HashMap;
use std::fmt;

use grantkeep_core::Timestamp;

/// So many things are kept at a time.
const MOST: usize = 10_000;

/// Things by name.
pub(crate) struct Shelf<T> {
    things: HashMap<String, (Timestamp, T)>,
}

/// Never the names: most of them are codes.
impl<T> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("things", &self.things.len()).finish()
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: HashMap::new() }
    }
}

impl<T> Shelf<T> {
    /// Keeps something until a time.
    pub(crate) fn put(&mut self, name: String, thing: T, until: Timestamp, now: Timestamp) {
        if self.things.len() >= MOST {
            self.things.retain(|_, (until, _)| *until > now);
        }
        if self.things.len() >= MOST {
            let first = self.things.iter().min_by_key(|(_, (until, _))| *until).map(|(name, _)| name.clone());
            first.and_then(|name| self.things.remove(&name));
        }
        self.things.insert(name, (until, thing));
    }

    /// What is kept under that name, if its time has not come.
    pub(crate) fn get(&mut self, name: &str, now: Timestamp) -> Option<&mut T> {
        self.things.get_mut(name).filter(|(until, _)| *until > now).map(|(_, thing)| thing)
    }

    /// What is kept under that name, even if its time has come.
    pub(crate) fn even_ended(&mut self, name: &str) -> Option<&mut T> {
        self.things.get_mut(name).map(|(_, thing)| thing)
    }

    /// Takes it away.
    pub(crate) fn take(&mut self, name: &str, now: Timestamp) -> Option<T> {
        self.things.remove(name).filter(|(until, _)| *until > now).map(|(_, thing)| thing)
    }

    /// All that is kept, with when it ends.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Timestamp, &T)> {
        self.things.iter().map(|(name, (until, thing))| (name.as_str(), *until, thing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_768_145_400);

    fn later(seconds: i64) -> Timestamp {
        Timestamp::from_unix(NOW.unix() + seconds)
    }

    #[test]
    fn a_thing_is_there_until_its_time() {
        let mut shelf = Shelf::default();
        shelf.put("a".to_owned(), 1, later(10), NOW);
        assert_eq!(shelf.get("a", later(9)), Some(&mut 1));
        assert_eq!(shelf.get("a", later(10)), None);
        assert_eq!(shelf.even_ended("a"), Some(&mut 1));
        assert_eq!((shelf.take("a", later(9)), shelf.take("a", later(9))), (Some(1), None));
    }

    #[test]
    fn what_would_end_first_makes_place() {
        let mut shelf = Shelf::default();
        for number in 0..=10_000_i64 {
            shelf.put(number.to_string(), number, later(10 + number), NOW);
        }
        assert_eq!(shelf.iter().count(), MOST);
        assert_eq!(shelf.get("0", NOW), None);
        assert_eq!(shelf.get("1", NOW), Some(&mut 1));
    }
}
