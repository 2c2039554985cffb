//! Another clock for our binary: libfaketime, loaded before everything else. The wall clock is set by a file while the program runs, or
//! both clocks go faster from its start. The release knows nothing of it.

use std::fs;
use std::path::PathBuf;

use super::install::FAKE_CLOCK;
use super::program::Home;
use super::server::{World, absolute};

/// A wall clock that can be set. The steady clock stays the machine's, as when somebody sets the time, or the machine sleeps.
pub(super) struct WallClock {
    file: PathBuf,
}

impl WallClock {
    /// One that is right, of that name.
    pub(super) fn new(world: &World, name: &str) -> Result<Self, String> {
        let clock = Self { file: world.place.join(format!("{}.clock", name.replace('/', "-"))) };
        clock.set_by(0)?;
        Ok(clock)
    }

    /// Sets it so many seconds away from the real one.
    pub(super) fn set_by(&self, seconds: i64) -> Result<(), String> {
        // In one go: it is read at any time.
        let new = self.file.with_extension("new");
        let written = fs::write(&new, format!("{seconds:+}\n")).and_then(|()| fs::rename(&new, &self.file));
        written.map_err(|error| format!("{}: {error}", self.file.display()))
    }

    /// The commands of that home go by this clock.
    pub(super) fn on(&self, home: Home) -> Home {
        preloaded(home)
            .with("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string())
            .with("FAKETIME_NO_CACHE", "1")
            .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }
}

/// For a program that is started in that home so many seconds pass in one: by both clocks, and for whatever waits.
pub(super) fn hasten(home: Home, times: u32) -> Home {
    preloaded(home).with("FAKETIME", format!("+0 x{times}"))
}

fn preloaded(home: Home) -> Home {
    home.with("LD_PRELOAD", absolute(FAKE_CLOCK).display().to_string())
}
