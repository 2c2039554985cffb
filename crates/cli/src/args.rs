//! Owns the words of the command line. Their explanations are in [`crate::text::help`].

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::text::help;

#[derive(Debug, Parser)]
#[command(name = "grantkeep", version, about = help::ABOUT, after_help = help::AFTER, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(ClapArgs, Debug)]
pub(crate) struct Common {
    #[arg(long, global = true, help_heading = help::EVERYWHERE, value_name = "DIR", help = help::DATA_DIR)]
    pub(crate) data_dir: Option<PathBuf>,
    #[arg(long, global = true, help_heading = help::EVERYWHERE, value_name = "FILE", help = help::CONFIG)]
    pub(crate) config: Option<PathBuf>,
    #[arg(long, global = true, help_heading = help::EVERYWHERE, value_name = "NAME", help = help::OWNER)]
    pub(crate) owner: Option<String>,
    #[arg(long, global = true, help_heading = help::EVERYWHERE, value_name = "URL", help = help::SERVER)]
    pub(crate) server: Option<String>,
    #[arg(long, global = true, help_heading = help::EVERYWHERE, help = help::SANDBOX)]
    pub(crate) sandbox: bool,
    #[arg(long, global = true, help_heading = help::EVERYWHERE, value_name = "ADDR", value_parser = address, help = help::SANDBOX_LISTEN)]
    pub(crate) sandbox_listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(about = help::SERVE)]
    Serve(Serve),
    #[command(about = help::LOGIN, after_help = help::LOGIN_AFTER)]
    Login(Login),
    #[command(about = help::ADD, after_help = help::ADD_AFTER)]
    Add(Add),
    #[command(about = help::STATUS, after_help = help::STATUS_AFTER)]
    Status(Status),
    #[command(about = help::TOKEN, after_help = help::TOKEN_AFTER)]
    Token(Token),
    #[command(about = help::REFRESH, after_help = help::REFRESH_AFTER)]
    Refresh(Refresh),
    #[command(about = help::REVOKE, after_help = help::REVOKE_AFTER)]
    Revoke(Revoke),
    #[command(about = help::FORGET)]
    Forget(Forget),
    #[command(about = help::PROVIDERS, subcommand)]
    Provider(Provider),
    #[command(about = help::AUDIT, after_help = help::AUDIT_AFTER)]
    Audit(Audit),
    #[command(about = help::CALENDAR, after_help = help::CALENDAR_AFTER)]
    Calendar(Calendar),
    #[command(about = help::NOTIFY, subcommand)]
    Notify(Notify),
    #[command(about = help::KEY, subcommand)]
    Key(Key),
    #[command(about = help::DOCTOR)]
    Doctor(Doctor),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Serve {
    #[arg(long, value_name = "ADDR", help = help::LISTEN)]
    pub(crate) listen: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Login {
    #[arg(value_name = "PROVIDER", help = help::PROVIDER)]
    pub(crate) provider: String,
    #[arg(long, value_name = "NAME", help = help::ACCOUNT)]
    pub(crate) account: Option<String>,
    #[arg(long, value_name = "URL", help = help::INSTANCE)]
    pub(crate) instance: Option<String>,
    #[arg(long, value_enum, value_name = "FLOW", help = help::FLOW)]
    pub(crate) flow: Option<LoginFlow>,
    #[arg(long, value_name = "SCOPE", help = help::SCOPE)]
    pub(crate) scope: Vec<String>,
    #[arg(long, conflicts_with_all = ["device", "remote"], help = help::PASTE)]
    pub(crate) paste: bool,
    #[arg(long, conflicts_with_all = ["flow", "remote"], help = help::DEVICE)]
    pub(crate) device: bool,
    #[arg(long, help = help::REMOTE)]
    pub(crate) remote: bool,
    #[arg(long, help = help::NO_BROWSER)]
    pub(crate) no_browser: bool,
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Add {
    #[arg(value_name = "PROVIDER", help = help::PROVIDER)]
    pub(crate) provider: String,
    #[arg(long, value_name = "NAME", help = help::ACCOUNT)]
    pub(crate) account: Option<String>,
    #[arg(long, value_name = "URL", help = help::INSTANCE)]
    pub(crate) instance: Option<String>,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Status {
    #[arg(value_name = "PROVIDER[/ACCOUNT]", help = help::TARGET)]
    pub(crate) target: Option<Target>,
    #[arg(long, help = help::CHECK)]
    pub(crate) check: bool,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Token {
    #[arg(value_name = "PROVIDER/ACCOUNT", help = help::TARGET)]
    pub(crate) target: Target,
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration, help = help::MIN_TTL)]
    pub(crate) min_ttl: Duration,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Refresh {
    #[arg(value_name = "PROVIDER/ACCOUNT", help = help::TARGET)]
    pub(crate) target: Target,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Forget {
    #[arg(value_name = "PROVIDER/ACCOUNT", help = help::TARGET)]
    pub(crate) target: Target,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Revoke {
    #[arg(value_name = "PROVIDER/ACCOUNT", help = help::TARGET)]
    pub(crate) target: Target,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Provider {
    #[command(about = help::PROVIDER_LIST)]
    List(ProviderList),
    #[command(about = help::PROVIDER_TEST, after_help = help::PROVIDER_TEST_AFTER)]
    Test(ProviderTest),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ProviderList {
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct ProviderTest {
    #[arg(value_name = "NAME", help = help::PROVIDER)]
    pub(crate) name: String,
    #[arg(long, value_name = "URL", help = help::INSTANCE)]
    pub(crate) instance: Option<String>,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = number, help = help::AUDIT_SINCE)]
    pub(crate) after: u32,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    #[command(about = help::AUDIT_VERIFY, after_help = help::AUDIT_VERIFY_AFTER)]
    Verify(AuditVerify),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct AuditVerify {
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Calendar {
    #[arg(long, help = help::CALENDAR_RENEW)]
    pub(crate) renew: bool,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Notify {
    #[command(about = help::NOTIFY_TEST, after_help = help::NOTIFY_TEST_AFTER)]
    Test(NotifyTest),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct NotifyTest {
    #[arg(value_name = "NAME", help = help::NOTIFY_NAME)]
    pub(crate) name: Option<String>,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    #[command(about = help::KEY_ISSUE, after_help = help::KEY_ISSUE_AFTER)]
    Issue(KeyIssue),
    #[command(about = help::KEY_LIST)]
    List(KeyList),
    #[command(about = help::KEY_REVOKE)]
    Revoke(KeyRevoke),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct KeyIssue {
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PERMISSION", help = help::CAN)]
    pub(crate) can: Vec<Permission>,
    #[arg(long, value_name = "PROVIDER", help = help::KEY_PROVIDER)]
    pub(crate) provider: Vec<String>,
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = duration, help = help::KEY_TTL)]
    pub(crate) ttl: Duration,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct KeyList {
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct KeyRevoke {
    #[arg(value_name = "ID", help = help::KEY_ID)]
    pub(crate) id: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Doctor {
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
}

/// How the grant comes, where a provider has several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LoginFlow {
    Code,
    Implicit,
    #[value(name = "vk_id")]
    VkId,
}

impl LoginFlow {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Implicit => "implicit",
            Self::VkId => "vk_id",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Permission {
    Status,
    Submit,
    Token,
    Admin,
}

impl Permission {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Submit => "submit",
            Self::Token => "token",
            Self::Admin => "admin",
        }
    }
}

/// `vk`, or `vk/my account`: everything after the first slash is the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) provider: String,
    pub(crate) account: Option<String>,
}

impl std::str::FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (provider, account) = match text.split_once('/') {
            Some((provider, account)) => (provider, Some(account)),
            None => (text, None),
        };
        if provider.is_empty() || account == Some("") {
            return Err("write PROVIDER/ACCOUNT, such as vk/vk_100001");
        }
        Ok(Self { provider: provider.to_owned(), account: account.map(str::to_owned) })
    }
}

/// `127.0.0.1:8001`.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write ADDRESS:PORT, such as 127.0.0.1:8001")
}

/// The number of a deed.
fn number(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "write the number of a deed, such as 1200")
}

/// `90s`, `10m`, `2h`, `30d`.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "write a number and its unit: 90s, 10m, 2h, 30d";
    let unit = text.char_indices().last().map_or(0, |(at, _)| at);
    let (number, unit) = text.split_at(unit);
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(WRONG),
    };
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| plain).and_then(|number| number.checked_mul(seconds));
    seconds.map(Duration::from_secs).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("90s", Some(90)), ("10m", Some(600)), ("2h", Some(7200)), ("30d", Some(2_592_000))] {
            assert_eq!(duration(text).ok().map(|duration| duration.as_secs()), seconds, "{text}");
        }
        for text in ["", "m", "10", "-1m", "+1m", "1.5h", "10м", "99999999999999999999d", "9999999999999999d", "1 m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn everything_after_the_first_slash_is_the_account() {
        let target = |text: &str| text.parse::<Target>().ok().map(|target| (target.provider, target.account));
        assert_eq!(target("vk"), Some(("vk".into(), None)));
        assert_eq!(target("vk/a/b"), Some(("vk".into(), Some("a/b".into()))));
        assert_eq!(target("vk/"), None);
        assert_eq!(target("/a"), None);
    }
}
