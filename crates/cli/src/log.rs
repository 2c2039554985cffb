//! Owns the log: to standard error, for people on a terminal, JSON lines otherwise.

use std::io::{self, IsTerminal};

use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt};

use crate::{fault::CliFault, setting::Settings, text};

/// Starts the log with the filter of the settings.
pub(crate) fn start(settings: &Settings) -> Result<(), CliFault> {
    let filter: Targets = settings.log.parse().map_err(|_| text::bad_log_filter())?;
    let layer = if io::stderr().is_terminal() {
        fmt::layer().with_writer(io::stderr).with_target(false).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
    };
    // Fails when a log has been started already, by a program that this one is part of.
    let _ = registry().with(layer.with_filter(filter)).try_init();
    Ok(())
}
