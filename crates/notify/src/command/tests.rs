//! Real programs: what they are given, and what becomes of those that hang, fail or are not there.

use std::{fs, path::Path};

use grantkeep_core::Provider;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::{
    Kind,
    message::tests::{AT, HOSTILE, LINK, digest, expiring, message, news},
};

/// A script in a directory of its own, which it gets as its argument. The shell is the program: a file that was just written may
/// still be open in the fork of another test, and could then not be executed.
fn script(text: &str) -> (TempDir, Command) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tell-me");
    fs::write(&path, format!("cd \"$1\" || exit 9\n{text}\n")).unwrap();
    let arguments = [path.as_path(), directory.path()].map(|path| path.to_str().unwrap().to_owned());
    let command = Command::new("/bin/sh", arguments.into()).unwrap();
    (directory, command)
}

fn wrote(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).unwrap()
}

fn is_alive(id: &str) -> bool {
    let Ok(status) = fs::read_to_string(Path::new("/proc").join(id.trim()).join("stat")) else { return false };
    !status.contains(") Z ")
}

#[tokio::test]
async fn the_program_reads_json_and_few_variables() {
    let (directory, command) = script("cat > json; env > env");
    assert_eq!(command.run(&expiring("masha"), AT).await, Delivery::Delivered);
    let json: Value = serde_json::from_str(&wrote(&directory, "json")).unwrap();
    assert_eq!((&json["type"], &json["data"]["credentials"][0]["link"]), (&"credential.expiring".into(), &LINK.into()));
    let env = wrote(&directory, "env");
    for line in [
        "GRANTKEEP_NOTICE_ID=n_42-a",
        "GRANTKEEP_NOTICE_TYPE=credential.expiring",
        "GRANTKEEP_NOTICE_KIND=expiring",
        "GRANTKEEP_NOTICE_PROVIDER=vk",
        "GRANTKEEP_NOTICE_ACCOUNT=masha",
        "GRANTKEEP_NOTICE_TITLE=vk: the token of masha expires in 2h",
    ] {
        assert!(env.lines().any(|found| found == line), "{line}\n{env}");
    }
    // Cargo sets many for a test: our own environment did not come along. The link is on standard input alone.
    assert!(!env.contains("CARGO") && !env.contains("t1cket"), "{env}");
}

#[tokio::test]
async fn a_digest_has_no_account() {
    let (directory, command) = script("env > env");
    assert_eq!(command.run(&digest(), AT).await, Delivery::Delivered);
    let env = wrote(&directory, "env");
    assert!(env.contains("GRANTKEEP_NOTICE_TYPE=credential.digest") && !env.contains("NOTICE_ACCOUNT"), "{env}");
}

#[tokio::test]
async fn no_name_reaches_a_shell() {
    let names = HOSTILE.into_iter().chain(["$(touch pwned)", "`touch pwned`", "; touch pwned", "-rf *", "a'b\"c"]);
    for name in names {
        let (directory, command) = script("printf %s \"$GRANTKEEP_NOTICE_ACCOUNT|$GRANTKEEP_NOTICE_SERVER|$#\" > seen");
        let mut one = news(Kind::Dead, name, None, true);
        one.provider = Provider::Mastodon;
        one.server = Some("a\r\nPATH=/evil\0".to_owned());
        assert_eq!(command.run(&message(About::Credential(one)), AT).await, Delivery::Delivered, "{name}");
        assert_eq!(wrote(&directory, "seen"), format!("{name}|a PATH=/evil|1"));
        assert!(!directory.path().join("pwned").exists(), "{name}");
    }
}

#[tokio::test]
async fn what_it_exits_with_decides() {
    for (text, expected) in [
        ("exit 0", Delivery::Delivered),
        ("exec <&-; exit 0", Delivery::Delivered),
        ("exit 1", Delivery::later("exit_status")),
        ("kill -9 $$", Delivery::later("killed")),
        ("yes | head -c 300000; yes | head -c 300000 >&2; exit 0", Delivery::Delivered),
    ] {
        assert_eq!(script(text).1.run(&expiring("masha"), AT).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_its_children() {
    let (directory, mut command) = script("sleep 600 & echo $! > child; echo $$ > self; wait");
    // Long enough for the shell to write down who it is.
    command.limit = Duration::from_secs(4);
    assert_eq!(command.run(&expiring("masha"), AT).await, Delivery::later("timeout"));
    assert!(!is_alive(&wrote(&directory, "self")));
    // Nobody of ours collects the grandchild; that it is killed shows soon.
    let child = wrote(&directory, "child");
    timeout(Duration::from_secs(60), async {
        while is_alive(&child) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_program_that_does_not_read_a_large_message_cannot_hold_us() {
    let all = (0..1000).map(|number| news(Kind::Dead, &format!("{number}"), None, true)).collect();
    let large = message(About::Digest(all));
    assert!(payload::json(&large, AT).len() > 100_000);
    assert_eq!(script("exit 0").1.run(&large, AT).await, Delivery::Delivered);
    let (_directory, mut command) = script("sleep 600");
    command.limit = Duration::from_millis(300);
    assert_eq!(command.run(&large, AT).await, Delivery::later("timeout"));
}

#[tokio::test]
async fn nobody_waiting_ends_it() {
    let (directory, command) = script("echo $$ > self; exec sleep 600");
    let notice = expiring("masha");
    let started = async {
        while !fs::read_to_string(directory.path().join("self")).is_ok_and(|id| id.ends_with('\n')) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = command.run(&notice, AT) => panic!("it does not end by itself"),
        () = started => {}
    }
    let id = wrote(&directory, "self");
    timeout(Duration::from_secs(60), async {
        while is_alive(&id) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_is_a_clear_no() {
    let missing = Command::new("/nonexistent/tell-me", Vec::new()).unwrap();
    assert_eq!(missing.run(&expiring("masha"), AT).await, Delivery::Refused("no_such_program"));
    let directory = tempfile::tempdir().unwrap();
    let plain = directory.path().join("plain");
    fs::write(&plain, "no program").unwrap();
    let plain = Command::new(plain, Vec::new()).unwrap();
    assert_eq!(plain.run(&expiring("masha"), AT).await, Delivery::Refused("not_executable"));
}

#[test]
fn a_program_does_not_depend_on_where_we_were_started() {
    for (program, good) in [
        ("/usr/bin/env", true),
        ("notify-send", true),
        ("", false),
        ("/", false),
        ("./tell-me", false),
        ("bin/tell-me", false),
        ("..", false),
        ("a\0b", false),
    ] {
        assert_eq!(Command::new(program, Vec::new()).is_ok(), good, "{program:?}");
    }
    assert_eq!(Command::new("echo", vec!["a\0b".to_owned()]).err(), Some(ChannelFault::Program));
}
