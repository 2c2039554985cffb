//! Owns `doctor`: looks at everything that can be wrong, and says what to do about each.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::ExitCode};

use grantkeep_core::{Outgoing, Purpose};
use grantkeep_outbound::{Client, Rules};
use http::Method;
use serde_json::{Value, json};
use url::Url;

use crate::{
    api::{Api, EXAMINE},
    args::Doctor,
    console::{self, Table},
    directory::foreign_owner,
    fault::CliFault,
    setting::Settings,
    text,
};

/// How a finding is to be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Fail,
    Ok,
    Warn,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Ok => "ok",
            Self::Warn => "warn",
        }
    }
}

/// What was looked at, and what was found.
struct Finding {
    level: Level,
    what: &'static str,
    found: String,
}

const fn finding(level: Level, what: &'static str, found: String) -> Finding {
    Finding { level, what, found }
}

pub(super) async fn run(doctor: Doctor, mut settings: Settings) -> Result<ExitCode, CliFault> {
    if settings.remote.is_some() {
        return Err(text::local_only("doctor"));
    }
    let mut findings = files(&settings.data_dir);
    let (api_url, rules) = (settings.vk().api_url, settings.rules());
    let mut found = Api::find(&settings).await;
    if let (Err(_), Err(fault)) = (&found, settings.providers()) {
        // No fault of what is kept: that can be looked at without them.
        findings.push(finding(Level::Fail, text::DOCTOR_CONFIGURATION, format!("{}; {}", fault.what, fault.hint)));
        settings = settings.bare();
        found = Api::find(&settings).await;
    }
    match found {
        Ok(api) => {
            findings.push(owner_of(&api));
            database(&api, &mut findings).await;
            api.close().await;
        }
        Err(fault) => {
            findings.push(finding(Level::Fail, text::DOCTOR_DATABASE, format!("{}; {}", fault.what, fault.hint)));
        }
    }
    findings.push(channels(&settings));
    findings.push(provider(api_url, rules).await);
    tell(&findings, doctor.json)?;
    let failed = findings.iter().any(|finding| finding.level == Level::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(findings: &[Finding], as_json: bool) -> Result<(), CliFault> {
    if as_json {
        let findings: Vec<Value> = findings
            .iter()
            .map(|finding| json!({"level": finding.level.word(), "what": finding.what, "found": finding.found}))
            .collect();
        return console::line(&json!({ "findings": findings }).to_string());
    }
    let mut table = Table::new(&text::DOCTOR_HEADINGS);
    for finding in findings {
        let colour = match finding.level {
            Level::Fail => Some("\u{1b}[31m"),
            Level::Warn => Some("\u{1b}[33m"),
            Level::Ok => None,
        };
        table.row([finding.level.word().to_owned(), finding.what.to_owned(), finding.found.clone()], colour);
    }
    table.print(console::is_colourful())
}

/// Whatever is in the data directory is for its owner's eyes only.
fn files(directory: &Path) -> Vec<Finding> {
    let Ok(entries) = fs::read_dir(directory) else {
        return vec![finding(Level::Ok, text::DOCTOR_DIRECTORY, text::doctor_no_directory(directory))];
    };
    let open: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let files = match open.as_slice() {
        [] => finding(Level::Ok, text::DOCTOR_DIRECTORY, directory.display().to_string()),
        open => finding(Level::Fail, text::DOCTOR_DIRECTORY, text::doctor_open_files(open)),
    };
    let foreign = foreign_owner(directory)
        .map(|user| finding(Level::Warn, text::DOCTOR_DIRECTORY, text::doctor_foreign_directory(directory, user)));
    [files].into_iter().chain(foreign).collect()
}

fn owner_of(api: &Api) -> Finding {
    let found = if api.is_beside_server() { text::DOCTOR_SERVED } else { text::DOCTOR_NOT_SERVED };
    finding(Level::Ok, text::DOCTOR_SERVER, found.to_owned())
}

async fn database(api: &Api, findings: &mut Vec<Finding>) {
    let examined = match api.ask(Method::POST, EXAMINE, None).await {
        Ok(answer) => answer.json(),
        Err(fault) => Err(fault),
    };
    let examined = match examined {
        Ok(examined) => examined,
        Err(fault) => {
            let found = format!("{}; {}", fault.what, fault.hint);
            return findings.push(finding(Level::Fail, text::DOCTOR_DATABASE, found));
        }
    };
    let list = |name: &str| examined[name].as_array().map(Vec::as_slice).unwrap_or_default();
    findings.push(match list("damage") {
        [] => finding(Level::Ok, text::DOCTOR_DATABASE, text::doctor_sound(&examined["credentials"])),
        damage => finding(Level::Fail, text::DOCTOR_DATABASE, text::doctor_damaged(damage)),
    });
    findings.push(match list("sealed_shut") {
        [] => finding(Level::Ok, text::DOCTOR_SECRETS, text::DOCTOR_ALL_OPEN.to_owned()),
        shut => finding(Level::Fail, text::DOCTOR_SECRETS, text::doctor_shut(shut)),
    });
    findings.push(if examined["writable"] == true {
        finding(Level::Ok, text::DOCTOR_DISK, text::DOCTOR_WRITABLE.to_owned())
    } else {
        finding(Level::Fail, text::DOCTOR_DISK, text::DOCTOR_NOT_WRITABLE.to_owned())
    });
}

/// Whether anybody is told. A secret that is missing here may be set where the server runs.
fn channels(settings: &Settings) -> Finding {
    match (settings.channels().count(), settings.sender(None)) {
        (0, _) => finding(Level::Ok, text::DOCTOR_CHANNELS, text::DOCTOR_NO_CHANNELS.to_owned()),
        (count, Ok(_)) => finding(Level::Ok, text::DOCTOR_CHANNELS, text::doctor_channels(count)),
        (_, Err(fault)) => finding(Level::Warn, text::DOCTOR_CHANNELS, format!("{}; {}", fault.what, fault.hint)),
    }
}

/// Whether the provider can be reached from here at all; what it answers does not matter.
async fn provider(api_url: Url, rules: Rules) -> Finding {
    let host = api_url.host_str().unwrap_or_default().to_owned();
    let outgoing =
        Outgoing { purpose: Purpose::Check, method: Method::GET, url: api_url, headers: Vec::new(), body: None };
    match Client::new(rules).send(outgoing).await {
        Ok(_) => finding(Level::Ok, text::DOCTOR_VK, text::doctor_reached(&host)),
        Err(reason) => finding(Level::Warn, text::DOCTOR_VK, text::doctor_not_reached(&host, reason)),
    }
}
