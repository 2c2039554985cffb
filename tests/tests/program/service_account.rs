//! Service accounts by the real program: a token of the application itself is got, handed out and renewed without anybody, and a
//! `kill -9` costs nothing: asking once more is all that is ever needed.

use std::{collections::HashSet, thread, time::Duration};

use grantkeep_tests::harness::{
    chance::Chance,
    jwt,
    login::{LoginStage, Plan},
    program::Outcome,
    provider::{Providers, Site},
    wait::until,
};
use rusqlite::Connection;
use serde_json::{Value, json};

/// So much of a token's hour has passed when 200 s are left: it is due, and works.
const ALMOST_OVER: i64 = 3400;

const SOON: Duration = Duration::from_secs(60);

const TIMES: usize = 10;

/// The plain server twice: for people as `acme`, for the application itself as `robot`.
fn stage() -> LoginStage {
    let providers = Providers::new();
    let mut plan = Plan::of(&providers);
    plan.config += &format!(
        "\n[providers.robot]\nkind = \"oauth2\"\ngrant = \"client_credentials\"\nissuer = \"{}\"\nclient_id = \"grantkeep\"\n\
         client_secret_env = \"ROBOT_SECRET\"\nscopes = [\"read\", \"write\"]\n",
        providers.acme.url
    );
    let secret = plan.env.iter().find(|(name, _)| *name == "ACME_SECRET").unwrap().1.clone();
    plan.set("ROBOT_SECRET", secret);
    LoginStage::with(providers, plan)
}

fn run(stage: &LoginStage, line: &str) -> Outcome {
    stage.run(line).go()
}

/// What `status` says of the only credential.
#[track_caller]
fn status(stage: &LoginStage) -> Value {
    let listed: Value = serde_json::from_str(&run(stage, "status --json").out).unwrap();
    assert_eq!(listed["credentials"].as_array().map(Vec::len), Some(1), "{listed}");
    listed["credentials"][0].clone()
}

fn database(stage: &LoginStage) -> Connection {
    Connection::open(stage.home.file("grantkeep.db")).unwrap()
}

/// Makes the token older; no program has the database.
fn age(stage: &LoginStage, seconds: i64) {
    let sql =
        "UPDATE credential SET captured_at = captured_at - ?1, expires_at = expires_at - ?1, renew_at = renew_at - ?1";
    assert_eq!(database(stage).execute(sql, [seconds]).unwrap(), 1);
}

fn generation(stage: &LoginStage) -> i64 {
    database(stage).query_row("SELECT generation FROM credential", [], |row| row.get(0)).unwrap()
}

/// Whether the server takes a token for a live one of the application: userinfo then misses a person, and nothing else.
fn is_alive(site: &Site, token: &str) -> bool {
    match site.client().clone().bearer(token).get("/userinfo").status {
        403 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

#[test]
fn a_service_account_needs_nobody() {
    let mut stage = stage();
    let acme = stage.providers.acme.clone();
    // By itself, and beside a server.
    for is_served in [false, true] {
        if is_served {
            stage.serve_again();
        } else {
            stage.end();
        }
        let login = run(&stage, "login robot");
        assert!(login.err.is_empty(), "{}", login.err);
        let said = login.done();
        let expected =
            "logged in at robot; the token expires in 1h 0m and renews itself\nkept as robot/default (credential 1)";
        assert_eq!(said.trim(), expected.replace("1h 0m", if said.contains("59m") { "0h 59m" } else { "1h 0m" }));
        let shown = status(&stage);
        assert_eq!((&shown["kind"], &shown["state"]), (&json!("oauth2_client"), &json!("valid")), "{shown}");
        assert_eq!((&shown["needs_person_at"], &shown["renews"]), (&Value::Null, &json!(true)), "{shown}");
        let mut tokens = HashSet::from([run(&stage, "token robot").done()]);
        for number in 1..=TIMES {
            let said = run(&stage, "refresh robot").done();
            assert!(said.contains("is renewed"), "{number}: {said}");
            let token = run(&stage, "token robot").done();
            assert!(is_alive(&acme, token.trim()) && tokens.insert(token), "{number}: the same token again");
        }
        let checked = run(&stage, "status robot --check").done();
        assert!(checked.contains("valid"), "{checked}");
    }
    // What is almost over is renewed for whoever wants more, and by the server when it is due.
    stage.meanwhile(|stage| age(stage, ALMOST_OVER));
    let token = run(&stage, "token robot --min-ttl 10m --json").done();
    assert!(!token.contains("below_min_ttl"), "{token}");
    for _ in 0..2 {
        let before = stage.meanwhile(|stage| {
            age(stage, ALMOST_OVER);
            generation(stage)
        });
        until("it is renewed by itself", SOON, || (generation(&stage) > before).then_some(()));
    }
    let asked = acme.requests("token").len();
    assert_eq!(asked, 2 * (1 + TIMES) + 1 + 2);
    // Userinfo was asked by this test alone.
    assert_eq!((acme.refreshes().len(), acme.requests("userinfo").len()), (0, 2 * TIMES));
    let admin = stage.server.client().bearer(&jwt::key("me", "admin"));
    let forecast = admin.get("/api/v1/forecast").expect(200).json();
    assert_eq!(forecast["credentials"], json!([]), "{forecast}");
    let token = run(&stage, "token robot").done();
    run(&stage, "revoke robot/default").done();
    assert!(!is_alive(&acme, token.trim()));
    run(&stage, "token robot").fails(5);
}

#[test]
fn a_kill_costs_a_service_account_nothing() {
    let (mut stage, mut chance) = (stage(), Chance::seeded(0x5eed));
    let acme = stage.providers.acme.clone();
    run(&stage, "login robot").done();
    let mut in_between = 0;
    for round in 0..TIMES {
        stage.end();
        age(&stage, ALMOST_OVER);
        let before = generation(&stage);
        let answer = ["hang", "slow:1", "lost"][round % 3];
        acme.fault(&json!({"answer": answer, "endpoint": "token"}));
        acme.forget_requests();
        stage.serve_again();
        until("it is asked for", SOON, || (!acme.requests("token").is_empty()).then_some(()));
        thread::sleep(Duration::from_millis(chance.between(0, 1300)));
        stage.kill();
        acme.mend();
        // Whoever was renewing has had their time.
        let leased = "UPDATE credential SET leased_until = leased_until - 91 WHERE leased_until IS NOT NULL";
        in_between += database(&stage).execute(leased, []).unwrap();
        database(&stage).execute("UPDATE spool SET leased_until = leased_until - 91", []).unwrap();
        stage.serve_again();
        until("it is renewed", SOON, || {
            let shown = status(&stage);
            assert_ne!(shown["state"], "ambiguous", "round {round}: {shown}");
            (generation(&stage) > before && shown["state"] == "valid").then_some(())
        });
        assert!(is_alive(&acme, run(&stage, "token robot").done().trim()), "round {round}");
    }
    assert!(in_between >= TIMES / 3, "{in_between}");
    println!("{TIMES} kills, {in_between} of them in the middle of a renewal");
    assert!(acme.refreshes().is_empty());
}

#[test]
fn what_stands_in_the_way_of_a_service_account_is_said() {
    let mut stage = stage();
    let acme = stage.providers.acme.clone();
    stage.end();
    for line in ["login robot --paste", "login robot --device", "login robot --flow code"] {
        let refused = run(&stage, line).fails(2);
        assert!(refused.contains("no such flow"), "{line}: {refused}");
    }
    for (answer, code, words) in [
        ("error:invalid_client@401", 2, "refused our application"),
        ("error:invalid_scope", 1, "does not grant a scope"),
        ("http:503", 4, "its answer was lost"),
        ("reset", 4, "its answer was lost"),
    ] {
        acme.fault(&json!({"answer": answer, "endpoint": "token"}));
        let refused = run(&stage, "login robot").fails(code);
        assert!(refused.contains(words), "{answer}: {refused}");
        acme.mend();
    }
    assert_eq!(run(&stage, "status --json").out.matches("\"id\"").count(), 0);
    // An application whose secret was changed at the provider: the token works to its end, and all is well when it is mended.
    run(&stage, "login robot").done();
    let right = stage.plan().env.iter().find(|(name, _)| *name == "ROBOT_SECRET").unwrap().1.clone();
    stage.plan().set("ROBOT_SECRET", "another");
    let refused = run(&stage, "refresh robot");
    assert_eq!(refused.code, 2, "{refused:?}");
    let refused = refused.err;
    assert!(refused.contains("refuses our application (invalid_client)"), "{refused}");
    assert!(!refused.contains("another"));
    run(&stage, "token robot").done();
    // A secret that is not there keeps nobody from looking at what is kept.
    stage.plan().set("ROBOT_SECRET", "");
    let looked = run(&stage, "doctor");
    assert!(looked.code == 1 && looked.out.contains("providers.robot.client_secret_env"), "{looked:?}");
    assert!(looked.out.contains("all open with this key"), "{looked:?}");
    stage.plan().set("ROBOT_SECRET", right);
    run(&stage, "refresh robot").done();
    // A configuration that cannot be meant.
    let whole = stage.plan().config.clone();
    for (line, words) in [
        ("grant = \"password\"", "providers.robot.grant cannot be used"),
        ("redirect_uri = \"http://127.0.0.1:8000/callback/robot\"", "providers.robot.redirect_uri cannot be used"),
    ] {
        let config = if line.starts_with("grant") {
            whole.replace("grant = \"client_credentials\"", line)
        } else {
            format!("{whole}{line}\n")
        };
        stage.plan().config = config;
        let refused = run(&stage, "status").fails(2);
        assert!(refused.contains(words), "{line}: {refused}");
    }
    stage.plan().config = whole.replace("client_secret_env = \"ROBOT_SECRET\"\n", "");
    let refused = run(&stage, "status").fails(2);
    assert!(refused.contains("providers.robot.client_secret_env is missing"), "{}", refused);
}
