//! Channels that are wrong, with what is said about them; that no value is ever told; and one of each kind that is right.

use std::fs;

use tempfile::TempDir;

use super::*;

/// Stands wherever a value could leak.
const VALUE: &str = "s3cr3t-v4lue";

/// base64 of 24 bytes.
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn read(toml: &str) -> Result<Vec<Channel>, CliFault> {
    let toml = toml.replace('\'', "\"");
    let file: file::File = toml::from_str(&toml).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    resolve(file.notify, Path::new("/etc/grantkeep"))?.iter().map(Configured::channel).collect()
}

fn mail(lines: &str) -> String {
    format!("kind = 'email'\nhost = 'smtp.example.org'\nfrom = 'a@example.org'\nto = 'b@example.org'\n{lines}")
}

#[test]
fn what_is_wrong_is_told_by_channel_and_key() {
    #[rustfmt::skip]
    let rows = [
        (String::new(),                                                     "notify.x.kind is missing"),
        (format!("kind = '{VALUE}'"),                                       "notify.x.kind cannot be used"),
        (format!("kind = 'ntfy'\nchat = '{VALUE}'"),                        "notify.x.chat does not belong to a channel of kind \"ntfy\""),
        ("kind = 'command'".into(),                                         "notify.x.command is missing"),
        ("kind = 'command'\ncommand = []".into(),                           "notify.x.command cannot be used"),
        (format!("kind = 'command'\ncommand = ['./{VALUE}']"),              "notify.x.command cannot be used"),
        ("kind = 'gotify'\ntoken = 'a'".into(),                             "notify.x.url is missing"),
        ("kind = 'gotify'\nurl = 'https://a.example'".into(),               "notify.x.token_env is missing"),
        (format!("kind = 'gotify'\nurl = '{VALUE}'\ntoken = 'a'"),          "notify.x.url cannot be used"),
        (format!("kind = 'gotify'\nurl = 'https://a.example'\ntoken = '{VALUE}é'"), "notify.x.token cannot be used"),
        (format!("kind = 'ntfy'\nurl = 'https://a:{VALUE}@ntfy.sh/b'"),     "notify.x.url cannot be used"),
        ("kind = 'ntfy'\nurl = 'https://ntfy.sh'".into(),                   "notify.x.url cannot be used"),
        ("kind = 'ntfy'\nurl = 'https://ntfy.sh/a'\ntoken = ''".into(),     "notify.x.token cannot be used: it is empty"),
        ("kind = 'ntfy'\nurl = 'https://ntfy.sh/a'\ntoken_env = 'A'\ntoken_file = 'b'".into(),
                                                                            "both token_env and token_file are set for notify.x"),
        ("kind = 'telegram'\nchat = '1'".into(),                            "notify.x.token_env is missing"),
        ("kind = 'telegram'\ntoken = '1:a'".into(),                         "notify.x.chat is missing"),
        (format!("kind = 'telegram'\ntoken = '1:a'\nchat = '{VALUE}'"),     "notify.x.chat cannot be used"),
        (format!("kind = 'telegram'\ntoken = '{VALUE}'\nchat = '1'"),       "notify.x.token cannot be used"),
        ("kind = 'webhook'\nurl = 'https://a.example'".into(),              "notify.x.secret_env is missing"),
        (format!("kind = 'webhook'\nurl = 'https://a.example'\nsecret = '{VALUE}'"), "notify.x.secret cannot be used"),
        (format!("kind = 'webhook'\nurl = 'https://a.example'\nsecret = '{SIGNING}'\nold_secret = '{VALUE}'"),
                                                                            "notify.x.old_secret cannot be used"),
        (format!("kind = 'webhook'\nurl = 'ftp://{VALUE}.example'\nsecret = '{SIGNING}'"), "notify.x.url cannot be used"),
        ("kind = 'email'\nfrom = 'a@b.example'\nto = 'a@b.example'".into(), "notify.x.host is missing"),
        ("kind = 'email'\nhost = 'a'\nto = 'a@b.example'".into(),           "notify.x.from is missing"),
        ("kind = 'email'\nhost = 'a'\nfrom = 'a@b.example'".into(),         "notify.x.to is missing"),
        (mail(&format!("security = '{VALUE}'")),                            "notify.x.security cannot be used"),
        (mail("security = 'none'"),                                         "notify.x.security cannot be used"),
        (mail("user = 'me'"),                                               "notify.x.password_env is missing"),
        (mail(&format!("password = '{VALUE}'")),                            "notify.x.user is missing"),
        (mail(&format!("user = ''\npassword = '{VALUE}'")),                 "notify.x.user cannot be used"),
        (mail(&format!("user = 'me'\npassword = '{VALUE}\\n'")),           "notify.x.password cannot be used"),
        (mail("").replace("a@example.org", VALUE),                          "notify.x.from cannot be used"),
        (mail("").replace("b@example.org", VALUE),                          "notify.x.to cannot be used"),
    ];
    for (lines, what) in rows {
        let fault = read(&format!("[notify.x]\n{lines}")).err().unwrap_or_else(|| panic!("taken: {lines}"));
        assert!(fault.what.starts_with(what), "{} instead of {what}\n{lines}", fault.what);
        assert_eq!(fault.code(), 2, "{lines}");
        assert!(!fault.what.contains(VALUE) && !fault.hint.contains(VALUE), "{fault:?}\n{lines}");
    }
    for name in ["'a b'", "Phone", "-a"] {
        let fault = read(&format!("[notify.{name}]\nkind = 'ntfy'")).unwrap_err();
        assert!(fault.what.ends_with("in [notify] cannot be a channel's name"), "{}", fault.what);
    }
}

#[test]
fn an_unknown_key_is_no_channel() {
    let wrong = toml::from_str::<file::File>("[notify.x]\nkind = \"ntfy\"\ntopic = \"a\"");
    assert!(wrong.unwrap_err().message().starts_with("unknown field"));
}

#[test]
fn one_of_each_kind_is_taken() {
    #[rustfmt::skip]
    let rows = [
        ("command",  "kind = 'command'\ncommand = ['/usr/local/bin/tell-me', '--urgent']".into(),            None),
        ("command",  "kind = 'command'\ncommand = ['notify-me']".into(),                                     None),
        ("email",    mail(""),                                                                               None),
        ("email",    mail("port = 2525\nsecurity = 'starttls'\nuser = 'me'\npassword = 'word'"),             None),
        ("email",    mail("security = 'none'").replace("smtp.example.org", "localhost"),                     None),
        ("gotify",   "kind = 'gotify'\nurl = 'https://g.example.org/a'\ntoken = 'Ak3y'".into(),               Some("https://g.example.org/a")),
        ("ntfy",     "kind = 'ntfy'\nurl = 'http://127.0.0.1:2586/topic'".into(),                            Some("http://127.0.0.1:2586/topic")),
        ("ntfy",     "kind = 'ntfy'\nurl = 'https://ntfy.sh/topic'\ntoken = 'tk_a'".into(),                  Some("https://ntfy.sh/topic")),
        ("telegram", "kind = 'telegram'\nchat = '-100123'\ntoken = '1:a'".into(),                            Some("https://api.telegram.org/")),
        ("telegram", "kind = 'telegram'\nchat = '@a'\ntoken = '1:a'\nurl = 'https://t.example.org'".into(),  Some("https://t.example.org/")),
        ("webhook",  format!("kind = 'webhook'\nurl = 'https://a.example.org/h'\nsecret = '{SIGNING}'\nold_secret = '{SIGNING}'"),
                                                                                                             Some("https://a.example.org/h")),
    ];
    for (kind, lines, address) in rows {
        let [channel] = read(&format!("[notify.x]\n{lines}")).unwrap().try_into().unwrap();
        assert_eq!((channel.kind(), channel.address().map(Url::as_str)), (kind, address), "{lines}");
    }
    assert!(read("").unwrap().is_empty());
}

/// A command that goes through a running server does not have the server's environment.
#[test]
fn a_missing_secret_is_a_fault_only_when_it_is_needed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("token");
    let gotify = |line: String| {
        let toml = format!("[notify.x]\nkind = \"gotify\"\nurl = \"https://g.example.org\"\n{line}");
        resolve(toml::from_str::<file::File>(&toml).unwrap().notify, directory.path()).unwrap().remove(0).channel()
    };
    let unset = gotify("token_env = \"GRANTKEEP_TEST_NEVER_SET\"".into()).unwrap_err();
    assert_eq!(unset.what, "the variable that notify.x.token_env names is not set");
    // Relative to the configuration, which is where its owner looks.
    let from_file = || gotify("token_file = \"token\"".into());
    assert!(from_file().unwrap_err().what.starts_with("the file that notify.x.token_file names cannot be read"));
    fs::write(&path, "Ak3y\n").unwrap();
    assert!(from_file().is_ok());
}

#[test]
fn what_a_channel_is_shows_no_secret() {
    let toml = format!("[notify.x]\nkind = \"ntfy\"\nurl = \"https://ntfy.sh/{VALUE}\"\ntoken = \"{VALUE}\"");
    let file: file::File = toml::from_str(&toml).unwrap();
    assert!(!format!("{file:?}").contains(VALUE));
    let channels = resolve(file.notify, Path::new("/")).unwrap();
    assert!(!format!("{channels:?}").contains(VALUE), "{channels:?}");
}
