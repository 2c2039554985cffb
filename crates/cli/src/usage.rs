//! Owns what is said about a wrong command line: what was wrong and what may have been meant, never the words that were typed.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::{fault::CliFault, text};

/// The fault of a wrong command line; none when clap has more to say, such as the help that was asked for.
pub(crate) fn fault(error: &clap::Error) -> Option<CliFault> {
    let what = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion
        | ErrorKind::Format
        | ErrorKind::Io => return None,
        ErrorKind::ArgumentConflict => conflict(error),
        ErrorKind::InvalidSubcommand => text::NO_SUCH_COMMAND.to_owned(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            text::wrong_value(&ours(error, ContextKind::InvalidArg)?)
        }
        ErrorKind::MissingSubcommand => text::NO_COMMAND.to_owned(),
        ErrorKind::MissingRequiredArgument => text::missing_argument(&ours(error, ContextKind::InvalidArg)?),
        ErrorKind::UnknownArgument => text::NO_SUCH_OPTION.to_owned(),
        _ => text::WRONG_USAGE.to_owned(),
    };
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
        ContextKind::ValidValue,
    ];
    let meant = kinds.into_iter().find_map(|kind| ours(error, kind));
    // The reason that our own readers of values give.
    let reason = std::error::Error::source(error).map(ToString::to_string);
    Some(match (error.kind(), reason) {
        (ErrorKind::ValueValidation, Some(reason)) => CliFault::usage(what, reason),
        _ => text::wrong_usage(what, meant),
    })
}

/// Which options exclude each other, or which stands twice.
fn conflict(error: &clap::Error) -> String {
    match (ours(error, ContextKind::InvalidArg), ours(error, ContextKind::PriorArg)) {
        (Some(one), Some(other)) if one == other => text::stands_twice(&one),
        (Some(one), Some(others)) => text::exclude_each_other(&one, &others),
        _ => text::WRONG_USAGE.to_owned(),
    }
}

/// Names of ours that clap tells with an error.
fn ours(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(name) => Some(name.clone()),
        ContextValue::Strings(names) if !names.is_empty() => Some(names.join(", ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Args;

    #[test]
    fn wrong_usage_is_told_without_what_was_typed() {
        for (line, what, hint) in [
            ("bogus-vk1.a.token", "there is no such command", "see grantkeep --help, or grantkeep COMMAND --help"),
            ("stats", "there is no such command", "did you mean status? grantkeep --help lists everything"),
            ("token", "something is missing: <PROVIDER/ACCOUNT>", "see grantkeep --help, or grantkeep COMMAND --help"),
            (
                "add vk vk1.a.token",
                "there is an argument or option that does not belong here",
                "see grantkeep --help, or grantkeep COMMAND --help",
            ),
            (
                "token vk --min-ttl vk1.a.token",
                "the value of --min-ttl <TIME> cannot be used",
                "write a number and its unit: 90s, 10m, 2h, 30d",
            ),
            (
                "login acme --paste --device",
                "--paste and --device exclude each other",
                "see grantkeep --help, or grantkeep COMMAND --help",
            ),
            ("status --json --json", "--json stands twice", "see grantkeep --help, or grantkeep COMMAND --help"),
            ("--sandbox", "a command is missing", "see grantkeep --help, or grantkeep COMMAND --help"),
            (
                "audit --after vk1.a.token",
                "the value of --after <NUMBER> cannot be used",
                "write the number of a deed, such as 1200",
            ),
            (
                "status --sandbox-listen vk1.a.token",
                "the value of --sandbox-listen <ADDR> cannot be used",
                "write ADDRESS:PORT, such as 127.0.0.1:8001",
            ),
            (
                "key issue --can vk1.a.token",
                "the value of --can <PERMISSION> cannot be used",
                "did you mean status, submit, token, admin? grantkeep --help lists everything",
            ),
        ] {
            let error = Args::try_parse_from(["grantkeep"].into_iter().chain(line.split(' '))).unwrap_err();
            let fault = fault(&error).unwrap();
            assert_eq!((&*fault.what, &*fault.hint, fault.code()), (what, hint, 2), "{line}");
        }
    }

    #[test]
    fn help_is_left_to_clap() {
        for line in ["--help", "token --help", "--version"] {
            let error = Args::try_parse_from(["grantkeep"].into_iter().chain(line.split(' '))).unwrap_err();
            assert!(fault(&error).is_none(), "{line}");
        }
    }
}
