//! Owns the words about channels: those that cannot be used, and what became of a test message.

use std::fmt::Display;

use grantkeep_notify::Delivery;

use crate::fault::{CliFault, Kind};

pub(crate) const CHANNEL_KINDS: &str =
    "it is one of \"command\", \"email\", \"gotify\", \"ntfy\", \"telegram\" and \"webhook\"";
pub(crate) const CHANNEL_COMMAND: &str =
    "a program and its arguments, such as [\"/usr/local/bin/tell-me\", \"--urgent\"]";
pub(crate) const CHANNEL_CHAT: &str = "the chat's number, or \"@channel\"";
pub(crate) const CHANNEL_HOST: &str = "the mail server's name, such as \"smtp.example.org\"";
pub(crate) const CHANNEL_MAILBOX: &str = "one mail address, such as \"me@example.org\"";
pub(crate) const CHANNEL_SECRET: &str =
    "name the variable that holds it there, or a file with the key that ends in _file";
pub(crate) const CHANNEL_SECURITY: &str = "it is one of \"tls\", \"starttls\" and \"none\"";
pub(crate) const CHANNEL_URL: &str = "the receiver's address, whole: https://...";
pub(crate) const CHANNEL_USER: &str = "a password is shown together with a user: set both, or neither";
pub(crate) const NOT_A_WEB_ADDRESS: &str = "it is not a whole web address";

const SEE: &str = "docs/notifications.md has an example of each kind";

pub(crate) const NOTIFY_HEADINGS: [&str; 4] = ["", "CHANNEL", "KIND", "OUTCOME"];

pub(crate) fn bad_channel_name(name: &str) -> CliFault {
    let what = format!("{name:?} in [notify] cannot be a channel's name");
    CliFault::usage(what, "1 to 32 of a-z, 0-9, - and _, beginning with a letter or a digit")
}

pub(crate) fn missing_key(table: &str, key: &str, hint: &'static str) -> CliFault {
    CliFault::usage(format!("{table}.{key} is missing"), hint)
}

pub(crate) fn bad_channel_key(table: &str, key: &str, reason: &str) -> CliFault {
    CliFault::usage(format!("{table}.{key} cannot be used: {reason}"), SEE)
}

pub(crate) fn bad_channel_url(table: &str, reason: &dyn Display) -> CliFault {
    CliFault::usage(
        format!("{table}.url cannot be used: {reason}"),
        "https to a public address, or http to this machine; anything else must be named in GRANTKEEP_OUTBOUND_ALLOW",
    )
}

pub(crate) fn foreign_channel_key(table: &str, key: &str, kind: &str, keys: &[&str]) -> CliFault {
    let what = format!("{table}.{key} does not belong to a channel of kind \"{kind}\"");
    CliFault::usage(what, format!("its keys are: kind, {}", keys.join(", ")))
}

const ADD_ONE: &str = "add a [notify.NAME] table to the configuration: docs/notifications.md has one of each kind";

pub(crate) fn no_channels() -> CliFault {
    CliFault::usage("no channel is configured, so nobody is told anything", ADD_ONE)
}

pub(crate) fn no_such_channel(names: &[&str]) -> CliFault {
    let hint = match names {
        [] => ADD_ONE.to_owned(),
        names => format!("those of the configuration are: {}", names.join(", ")),
    };
    CliFault::new(Kind::NoSuchThing, "there is no channel of that name", hint)
}

/// What became of a message, in one word.
pub(crate) const fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Delivered => "delivered",
        Delivery::Gone => "gone",
        Delivery::Later { word, .. } | Delivery::Refused(word) => word,
    }
}

/// What to do where a message did not arrive.
pub(crate) fn delivery_hint(found: Delivery) -> Option<&'static str> {
    Some(match (found, delivery(found)) {
        (Delivery::Delivered, _) => return None,
        (Delivery::Gone, _) => "the receiver wants no more messages: remove the channel, or make it take them again",
        (_, "address_not_allowed") => {
            "its name leads to a private address: name it in GRANTKEEP_OUTBOUND_ALLOW if that is meant"
        }
        (_, "bad_request") => "the receiver did not understand: look at the channel's address and chat",
        (_, "exit_status" | "killed") => {
            "run the program by hand: it reads JSON from standard input, and exits 0 when it has told"
        }
        (_, "no_such_program" | "not_executable" | "not_started") => {
            "look at the command: is it there, and executable?"
        }
        (_, "no_tls") => "try the other of security = \"tls\" and \"starttls\", and its usual port",
        (_, "not_found") => "look at the channel's url: nothing is there",
        (_, "redirected") => "write the address that it redirects to",
        (_, "throttled") => "the receiver asks for a pause: try again later",
        (_, "unauthorized" | "forbidden") => "look at its token, or user and password, and what they may do",
        (_, "timeout" | "unreachable") => "look at its address and port, and whether the receiver runs",
        (Delivery::Refused(_), _) => "look at the channel's settings, and at the receiver's log",
        (Delivery::Later { .. }, _) => "try again; look at the receiver's log",
    })
}
