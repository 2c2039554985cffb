//! Owns the words of `doctor`.

use std::{fmt::Write, path::Path};

use grantkeep_core::NoAnswer;
use serde_json::Value;

pub(crate) const DOCTOR_HEADINGS: [&str; 3] = ["", "WHAT", "FOUND"];
pub(crate) const DOCTOR_DIRECTORY: &str = "data directory";
pub(crate) const DOCTOR_SERVER: &str = "server";
pub(crate) const DOCTOR_CONFIGURATION: &str = "configuration";
pub(crate) const DOCTOR_DATABASE: &str = "database";
pub(crate) const DOCTOR_SECRETS: &str = "stored secrets";
pub(crate) const DOCTOR_DISK: &str = "disk";
pub(crate) const DOCTOR_CHANNELS: &str = "notifications";
pub(crate) const DOCTOR_NO_CHANNELS: &str = "no channel configured; nobody is told when a token needs a person";
pub(crate) const DOCTOR_VK: &str = "VK";
pub(crate) const DOCTOR_SERVED: &str = "running; this went through it";
pub(crate) const DOCTOR_NOT_SERVED: &str = "not running; expiring tokens are not watched";
pub(crate) const DOCTOR_ALL_OPEN: &str = "all open with this key";
pub(crate) const DOCTOR_WRITABLE: &str = "a write reached it";
pub(crate) const DOCTOR_NOT_WRITABLE: &str = "writes fail: is it full, or read-only?";

pub(crate) fn doctor_no_directory(path: &Path) -> String {
    format!("{} is not there yet; it is made on first use", path.display())
}

pub(crate) fn doctor_foreign_directory(path: &Path, user: u32) -> String {
    format!(
        "{} belongs to user {user}, who can read and change everything in it, the keys too: right for root in a container over a \
         directory of the host, and for nobody else",
        path.display()
    )
}

pub(crate) fn doctor_open_files(names: &[String]) -> String {
    format!("others can read {}: chmod go= them", names.join(", "))
}

pub(crate) fn doctor_sound(credentials: &Value) -> String {
    format!("sound; {credentials} credentials")
}

pub(crate) fn doctor_damaged(damage: &[Value]) -> String {
    let first = damage.first().and_then(Value::as_str).unwrap_or_default();
    format!("damaged ({} findings; the first: {first}): restore a backup", damage.len())
}

pub(crate) fn doctor_shut(ids: &[Value]) -> String {
    let mut shown = String::new();
    for id in ids.iter().take(10) {
        let _ = write!(shown, " {id}");
    }
    format!("{} do not open, altered or of another key: credentials{shown}", ids.len())
}

pub(crate) fn doctor_channels(count: usize) -> String {
    let channels = if count == 1 { "channel" } else { "channels" };
    format!("{count} {channels} configured; grantkeep notify test tries them")
}

pub(crate) fn doctor_reached(host: &str) -> String {
    format!("{host} answers")
}

pub(crate) fn doctor_not_reached(host: &str, reason: NoAnswer) -> String {
    format!("{host}: {reason}; tokens cannot be verified until it answers")
}
