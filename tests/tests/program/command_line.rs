//! The command line: for every command its exit codes, what goes to standard output, and the two lines of an error.

use std::{fs, time::Duration};

use grantkeep_tests::harness::{
    home::Home,
    json::names,
    program::{Outcome, Run},
    stage::{STATUS, Stage},
    wait::until,
};
use serde_json::{Value, json};

fn json_of(outcome: Outcome) -> Value {
    let out = outcome.done();
    assert_eq!(out.lines().count(), 1, "one document: {out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn add_tells_what_became_of_the_token() {
    let stage = Stage::new();
    let good = stage.vk.token(1);
    let added = stage.run("add vk").input(&good.url).go();
    assert_eq!(added.err, "");
    assert_eq!(added.done(), "VK token saved successfully (expires in 24h)\nkept as vk/vk_1 (credential 1)\n");
    let added = stage.run("add vk --account named").input(format!("  {}\n", good.access_token)).go().done();
    assert!(added.contains("kept as vk/named"), "{added}");
    let saved = json_of(stage.run("add vk --json").input(&good.url).go());
    assert_eq!(saved["message"], "VK token updated successfully (expires in 24h)");

    let that = |answers: &str| stage.vk.token_that(1, answers).url;
    let declined = format!("{}/blank.html#error=access_denied&error_reason=user_denied", stage.vk.url);
    #[rustfmt::skip]
    let rows = [
        ("add vk",                 String::new(),                   2),
        ("add vk",                 "nothing of the kind".into(),    2),
        ("add vk",                 good.url.repeat(2),              2),
        ("add vk",                 "a".repeat(40_000),              2),
        ("add vk",                 declined,                        3),
        ("add vk",                 that("error:5:revoked"),         3),
        ("add vk",                 that("error:5/1130"),            3),
        ("add vk",                 that("error:5:expired"),         3),
        ("add vk --account vk_1",  stage.vk.token(2).url,           1),
        ("add mastodon",           good.url.clone(),                2),
        ("add nosuch",             good.url.clone(),                5),
        ("add ../vk",              good.url.clone(),                5),
        ("add",                    good.url.clone(),                2),
    ];
    for (line, input, code) in rows {
        let outcome = stage.run(line).input(&input).go();
        // Wrong usage is another test's.
        if line == "add" { assert_eq!(outcome.code, code) } else { drop(outcome.fails(code)) }
    }
    stage.run("add vk").input(b"\xff\xfe").go().fails(2);
    // VK fails; and, for a command of its own, there is none at all.
    let elsewhere = Home::new();
    let away = elsewhere.run("add vk --account away").env("GRANTKEEP_VK_API_URL", "http://127.0.0.1:1");
    let shaky = stage.run("add vk --account shaky").input(that("http:502"));
    for outcome in [away.input(&good.access_token).go(), shaky.go()] {
        assert!(outcome.err.starts_with("warning: "), "{outcome:?}");
        assert!(outcome.done().contains("saved successfully"));
    }
}

#[test]
fn login_by_pasting_shows_the_way_and_takes_what_comes() {
    let stage = Stage::new();
    let token = stage.vk.token(1);
    let login = stage.run("login vk --paste --account mine").input(format!("{}\n", token.url)).go();
    assert!(login.err.contains(&format!("{}/authorize?client_id=54249533", stage.vk.url)), "{}", login.err);
    let out = login.done();
    assert!(out.ends_with("kept as vk/mine (credential 1)\n") && !out.contains("authorize"), "{out}");
    assert_eq!(stage.client("me").hand_out("mine").expect(200).json()["access_token"], token.access_token);
    for (line, input, code) in [
        ("login nosuch --paste", "x", 5),
        ("login mastodon --paste", "x", 2),
        ("login vk --paste", "", 2),
        ("login vk --paste", "\n", 2),
        ("login vk --paste", "nothing of the kind\n", 2),
    ] {
        let outcome = stage.run(line).input(input).go();
        assert_eq!((outcome.code, outcome.out.as_str()), (code, ""), "{line}: {}", outcome.err);
        let mut last = outcome.err.lines().rev();
        assert!(
            last.next().unwrap().starts_with("hint: ") && last.next().unwrap().starts_with("error: "),
            "{}",
            outcome.err
        );
    }
}

#[test]
fn status_is_a_table_a_document_and_an_exit_code() {
    let stage = Stage::new();
    let empty = stage.run("status").go().done();
    assert!(empty.contains("grantkeep login"), "{empty}");
    stage.run("status vk").go().fails(5);
    stage.run("status vk/none").go().fails(5);
    for (account, input) in [
        ("fine", stage.vk.token(1).url),
        ("dying", stage.vk.token(1).url),
        ("shaky", stage.vk.token_that(1, "http:502").url),
        ("short", stage.vk.token(1).url_for(6)),
        ("a\u{202e}b", stage.vk.token(1).url),
    ] {
        stage.run("add vk --account").arg(account).input(input).go().done();
    }
    until("it expires", Duration::from_secs(60), || {
        (stage.client("me").status("short")["time_until_expiry"] == "expired").then_some(())
    });

    let table = stage.run("status").go().done();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 6, "{table}");
    assert!(lines[0].starts_with("CREDENTIAL"));
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table:?}");
    let row = lines.iter().find(|line| line.starts_with("vk/fine ")).unwrap();
    assert!(row.contains(" valid ") && (row.contains("23h 5") || row.contains("24h 0m")), "{row}");
    let all = json_of(stage.run("status --json").go());
    assert_eq!(all["credentials"].as_array().unwrap().len(), 5);
    #[rustfmt::skip]
    let rows = [
        ("status vk",                 0), // a list is only told
        ("status vk/fine",            0),
        ("status vk/fine --check",    0),
        ("status vk/short",           3),
        ("status vk/short --json",    3),
        ("status vk/shaky",           0), // unverified: believed until VK says otherwise
        ("status vk/shaky --check",   4),
        ("status vk/dying --check",   3),
        ("status vk/dying",           3),
        ("status vk --check",         3),
    ];
    for (line, code) in rows {
        if line == "status vk/dying --check" {
            stage.vk.fault(&json!({"answer": "error:5:revoked", "times": 1}));
        }
        let outcome = stage.run(line).go();
        assert_eq!(outcome.code, code, "{line}: {}", outcome.err);
        assert!(outcome.out.contains("vk"), "{line} tells what it found");
    }
}

#[test]
fn an_unknown_provider_is_one_to_every_command() {
    let stage = Stage::new();
    for line in [
        "add github",
        "forget github/a",
        "login github --paste",
        "status github/a",
        "token github/a",
        "forget github",
        "status github",
        "token github",
    ] {
        stage.run(line).input("x\n").go().fails(5);
    }
}

#[test]
fn token_prints_the_token_and_nothing_else() {
    let stage = Stage::new();
    stage.run("token vk").go().fails(5);
    let token = stage.vk.token(1);
    stage.run("add vk").input(&token.url).go().done();
    for line in ["token vk", "token vk/vk_1", "token vk --min-ttl 0s", "token vk --min-ttl 23h"] {
        let outcome = stage.run(line).go();
        assert_eq!(
            (outcome.out.as_str(), outcome.err.as_str()),
            (format!("{}\n", token.access_token).as_str(), ""),
            "{line}"
        );
    }
    let low = stage.run("token vk --min-ttl 2d").go();
    assert!(low.err.starts_with("warning: "), "{}", low.err);
    assert_eq!(low.done(), format!("{}\n", token.access_token));
    let document = stage.run("token vk --json").go().done();
    assert_eq!(names(&document), ["access_token", "token_type", "expires_at", "scope", "credential_id"]);

    stage.run("add vk --account other").input(stage.vk.token(1).url_for(0)).go().done();
    assert!(stage.run("token vk").go().fails(2).contains("everal accounts"));
    stage.run("token vk/other").go().done();
    stage.run("token vk/none").go().fails(5);
    stage.run("token github/other").go().fails(5);
    stage.run("add vk --account dead").input(stage.vk.token(1).url_for(0)).go().done();
    stage.vk.fault(&json!({"answer": "error:5:session", "times": 1}));
    assert_eq!(stage.run("status vk/dead --check").go().code, 3);
    stage.run("token vk/dead").go().fails(3);
    assert!(stage.run("forget vk").go().fails(2).contains("everal accounts"));
    assert!(stage.run("forget vk/dead").go().done().contains("forgotten"));
    stage.run("forget vk/dead").go().fails(5);
    stage.run("token vk/dead").go().fails(5);
}

#[test]
fn keys_are_issued_listed_and_revoked() {
    let stage = Stage::new();
    assert!(stage.run("key list").go().done().contains("grantkeep key issue"));
    stage.client("anna").submit(&stage.vk.token(1).url).expect(200);
    #[rustfmt::skip]
    let rows = [
        // line,                                                       status, list, submit of nothing, hand-out
        ("key issue --owner anna",                                     [200, 200, 400, 403]),
        ("key issue --owner anna --can status",                        [200, 200, 403, 403]),
        ("key issue --owner anna --can token --ttl 90s",               [403, 403, 403, 200]),
        ("key issue --owner anna --can status,token --provider vk",    [200, 200, 403, 200]),
        ("key issue --owner anna --can admin",                         [200, 200, 400, 200]),
        ("key issue --owner boris --can admin",                        [200, 200, 400, 404]),
    ];
    for (line, expected) in rows {
        let issued = stage.run(line).go();
        assert!(issued.err.contains("key revoke k_"), "{}", issued.err);
        let key = issued.done();
        assert_eq!((key.lines().count(), key.trim().split('.').count()), (1, 3), "{line}");
        let client = stage.server.client().bearer(key.trim());
        let hand_out = client.get("/api/v1/oauth/vk/token").status;
        assert_eq!(
            [client.get(STATUS).status, client.get("/api/v1/credentials").status, client.submit("").status, hand_out],
            expected,
            "{line}"
        );
    }
    let document = json_of(stage.run("key issue --json --owner anna").go());
    let id = document["id"].as_str().unwrap();
    assert!(document["key"].is_string() && id.starts_with("k_"));
    let list = stage.run("key list").go().done();
    assert_eq!(list.lines().count(), 8, "{list}");
    assert!(!list.contains(document["key"].as_str().unwrap()));
    assert!(
        json_of(stage.run("key list --json").go())["keys"].as_array().unwrap().iter().all(|key| key["key"].is_null())
    );
    stage.run("key revoke").arg(id).go().done();
    assert!(stage.run("key list").go().done().lines().any(|line| line.contains(id) && line.ends_with("revoked")));
    for id in ["k_0123456789abcdef", "../keys", ""] {
        stage.run("key revoke").arg(id).go().fails(5);
    }
    stage.run("key issue --provider nosuch").go().fails(5);
    stage.run("key issue --ttl 0s").go().fails(2);
}

#[test]
fn doctor_finds_what_is_wrong() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    stage.run("add vk").input(&stage.vk.token(1).url).go().done();
    let healthy = stage.run("doctor").go().done();
    assert!(healthy.contains("sound; 1 credentials") && !healthy.contains("FAIL"), "{healthy}");
    // A row that does not read is named.
    let change = |to: &str| {
        let database = rusqlite::Connection::open(stage.home.file("grantkeep.db")).unwrap();
        assert_eq!(database.execute("UPDATE credential SET token_kind = ?1", [to]).unwrap(), 1);
    };
    change("vk_ghost");
    let outcome = stage.run("doctor").go();
    assert!(outcome.code == 1 && outcome.out.contains("row 1 of table credential is damaged"), "{}", outcome.out);
    change("vk_user");
    let stray = stage.home.file("copy.db");
    fs::write(&stray, "").unwrap();
    fs::set_permissions(&stray, fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = stage.run("doctor").go();
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.lines().any(|line| line.starts_with("FAIL") && line.contains("copy.db")), "{}", outcome.out);
    fs::remove_file(stray).unwrap();
    // Without a server, and without VK: a warning is no failure.
    assert!(stage.server.stop().success());
    let away = stage.home.run("doctor --json").env("GRANTKEEP_VK_API_URL", "http://127.0.0.1:1").go();
    let findings = json_of(away)["findings"].as_array().unwrap().clone();
    assert!(findings.iter().any(|finding| finding["level"] == "warn" && finding["what"] == "VK"));
    // A database that somebody has written into is not sound.
    let database = stage.home.file("grantkeep.db");
    let mut bytes = fs::read(&database).unwrap();
    let end = bytes.len() - 4096;
    bytes[8192..end].fill(0x5a);
    fs::write(&database, bytes).unwrap();
    let outcome = stage.home.run("doctor").go();
    assert_eq!(outcome.code, 1, "{}", outcome.out);
}

/// A command at the server, from elsewhere.
fn remote<'a>(stage: &'a Stage, line: &str, key: &str) -> Run<'a> {
    let elsewhere = stage.home.root().join("elsewhere");
    let url = format!("http://{}", stage.server.address);
    stage.home.run(line).arg("--server").arg(url).env("GRANTKEEP_API_KEY", key).env("GRANTKEEP_DATA_DIR", elsewhere)
}

#[test]
fn a_server_elsewhere_does_the_same_but_for_what_is_local() {
    let stage = Stage::new();
    let key = stage.run("key issue --can status,submit,token").go().done();
    let key = key.trim();
    let token = stage.vk.token(1);
    remote(&stage, "add vk --account far", key).input(&token.url).go().done();
    assert_eq!(remote(&stage, "token vk/far", key).go().done(), format!("{}\n", token.access_token));
    assert!(remote(&stage, "status", key).go().done().contains("vk/far"));
    remote(&stage, "status vk/far --check", key).go().done();
    assert_eq!(stage.run("token vk/far").go().done(), format!("{}\n", token.access_token));
    remote(&stage, "login vk --paste --account far", key).input(format!("{}\n", token.url)).go().done();
    // The key is for me: what is meant for another is not done to mine.
    let refused = remote(&stage, "forget vk/far --owner anna", key).go().fails(2);
    assert!(refused.contains("for the owner me, not for anna"), "{refused}");
    remote(&stage, "status vk/far", key).env("GRANTKEEP_OWNER", "anna").go().fails(2);
    remote(&stage, "forget vk/far --owner me", key).go().done();
    remote(&stage, "forget vk/far", key).go().fails(5);
    for line in ["key issue", "key list", "key revoke k_0123456789abcdef", "doctor", "serve --listen 127.0.0.1:0"] {
        remote(&stage, line, key).go().fails(2);
    }
    remote(&stage, "status", "a.b.c").go().fails(2);
    remote(&stage, "status", "two\nlines").go().fails(2);
    remote(&stage, "status", "").go().fails(2);
    let poor = stage.run("key issue --can status").go().done();
    assert!(remote(&stage, "token vk", poor.trim()).go().fails(2).contains("--can token"));
    let file = stage.home.root().join("api.key");
    fs::write(&file, format!("{key}\n")).unwrap();
    remote(&stage, "status", "").env("GRANTKEEP_API_KEY_FILE", &file).go().done();
    assert!(!stage.home.root().join("elsewhere").exists(), "nothing is kept here");

    let at = |url: &str| stage.home.run("status --server").arg(url).env("GRANTKEEP_API_KEY", key).go();
    at("http://127.0.0.1:1").fails(4);
    at(&stage.vk.url).fails(1);
    for url in ["http://example.org", "http://192.0.2.1:8000", "ftp://127.0.0.1", "https://me:pw@127.0.0.1", "nonsense"]
    {
        let said = at(url).fails(2);
        assert!(said.contains("--server") && !said.contains("pw"), "{said}");
    }
}

#[test]
fn every_command_explains_itself() {
    let stage = Stage::new();
    #[rustfmt::skip]
    let rows = [
        ("", "grantkeep serve --sandbox"), ("serve", ""), ("login", "grantkeep login vk --paste"), ("add", "grantkeep add vk"),
        ("status", "grantkeep status vk/my_vk"), ("token", "grantkeep token vk/my_vk"),
        ("refresh", "grantkeep refresh acme/work"), ("forget", ""), ("key", ""),
        ("key issue", "grantkeep key issue --can"), ("key list", ""), ("key revoke", ""), ("doctor", ""),
        ("revoke", ""), ("provider", ""), ("provider list", ""), ("provider test", ""), ("audit", ""), ("audit verify", ""),
        ("calendar", ""), ("notify", ""), ("notify test", ""),
    ];
    for (line, example) in rows {
        let help = stage.home.run(line).arg("--help").go();
        assert_eq!(help.err, "", "{line}");
        let help = help.done();
        assert!(help.contains("Usage: grantkeep") && help.contains(example), "{line}: {help}");
        let mut options = help.lines().filter(|line| line.trim_start().starts_with("--"));
        let bare = options.find(|option| !option.trim().contains("  "));
        // An option's explanation stands beside it or on the next line.
        let explained = bare.is_none_or(|option| {
            help.lines().skip_while(|line| *line != option).nth(1).is_some_and(|next| next.starts_with("      "))
        });
        assert!(explained, "{line}: {bare:?}");
    }
    let top = stage.home.run("--help").go().done();
    let commands: Vec<&str> = top
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // What explains a command may go on below it.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let all = [
        "serve", "login", "add", "status", "token", "refresh", "revoke", "forget", "provider", "audit", "calendar",
        "notify", "key", "doctor", "help",
    ];
    assert_eq!(commands, all);
    assert!(stage.home.run("--version").go().done().starts_with("grantkeep "));
}

/// Whoever errs is told what to do: by the grammar of the command line too.
#[test]
fn wrong_usage_is_an_error_and_a_hint() {
    let stage = Stage::new();
    for line in [
        "bogus",
        "token",
        "status --bogus",
        "token vk --min-ttl 5",
        "token vk/",
        "key issue --can everything",
        "key issue --ttl soon",
        "serve --sandbox --sandbox-listen nowhere",
        "status --sandbox-listen 127.0.0.1:1",
    ] {
        let outcome = stage.home.run(line).go();
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{line:?}");
        outcome.fails(2);
    }
}
