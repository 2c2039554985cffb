//! A credential whose row does not read is named wherever credentials are listed, hides no other, and can be forgotten.

use grantkeep_tests::harness::{jwt, stage::Stage};
use rusqlite::Connection;
use serde_json::{Value, json};

#[test]
fn a_damaged_credential_is_named_in_lists_and_can_be_forgotten() {
    let mut stage = Stage::new();
    let tokens = [1, 2, 3].map(|person| stage.vk.token(person));
    let names = ["first", "second", "third"];
    for (name, token) in names.iter().zip(&tokens) {
        stage.client("me").submit_as(name, &token.url).expect(200);
    }
    stage.client("you").submit_as("yours", &stage.vk.token(4).url).expect(200);
    stage.server.ask_to_stop();
    stage.server.ended();
    let database = Connection::open(stage.home.file("grantkeep.db")).unwrap();
    let sql = "UPDATE credential SET token_kind = 'vk_ghost' WHERE account = 'second'";
    assert_eq!(database.execute(sql, []).unwrap(), 1);
    drop(database);
    stage.serve_again();
    let me = stage.server.client().bearer(&jwt::key("me", "admin"));

    let damaged = json!([{"id": 2, "provider": "vk", "account_name": "second"}]);
    for path in ["/api/v1/credentials", "/api/v1/credentials?state=valid&provider=vk", "/api/v1/forecast"] {
        let page = me.get(path).expect(200).json();
        let listed: Vec<Value> =
            page["credentials"].as_array().unwrap().iter().map(|one| one["account_name"].clone()).collect();
        assert_eq!((json!(listed), &page["damaged"]), (json!(["first", "third"]), &damaged), "{path}");
    }
    let page = |after: i64| me.get(&format!("/api/v1/credentials?limit=1&after={after}")).expect(200).json();
    let [first, last] = [page(0), page(1)];
    assert_eq!((&first["next"], first.get("damaged")), (&json!(1), None), "each is named on one page");
    assert_eq!((&last["credentials"][0]["id"], &last["damaged"]), (&json!(3), &damaged));
    assert_eq!(page(3), json!({"credentials": [], "next": null}));
    assert_eq!(stage.client("you").get("/api/v1/credentials").expect(200).json().get("damaged"), None);
    // What cannot be read is not guessed at.
    let second = "/api/v1/credentials/2";
    for reply in [me.get(second), me.post_nothing(&format!("{second}/check")), me.hand_out("second")] {
        assert_eq!(reply.expect(500).error_type(), "integrity");
    }
    let again = stage.vk.token(2);
    assert_eq!(me.submit_as("second", &again.url).expect(500).error_type(), "integrity");
    assert_eq!(me.hand_out("third").expect(200).json()["access_token"], tokens[2].access_token);
    // To a key for other providers, and to others, there is no such credential.
    let issued = stage.run("key issue --owner me --can status,submit --provider mastodon").go();
    let elsewhere = stage.server.client().bearer(issued.out.trim());
    for client in [elsewhere, stage.client("you")] {
        assert_eq!(client.get("/api/v1/credentials").expect(200).json().get("damaged"), None);
        client.delete(second).expect(404);
        client.get(second).expect(404);
    }

    let told = stage.run("status --owner me").go();
    assert_eq!((told.code, told.out.lines().count()), (1, 3), "its heading and two: {}{}", told.out, told.err);
    for part in ["error: vk/second (credential 2) is damaged", "hint: ", "grantkeep forget"] {
        assert!(told.err.contains(part), "{part} is not in {}", told.err);
    }
    let listed = stage.run("status --json --owner me").go();
    let document: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!((listed.code, &document["damaged"]), (1, &damaged));
    let hint = stage.run("status vk/second --owner me").go().fails(1);
    assert!(hint.contains("forget"), "{hint}");

    let forgotten = stage.run("forget vk/second --owner me").go().done();
    assert!(forgotten.starts_with("vk/second is forgotten"), "{forgotten}");
    stage.run("forget vk/second --owner me").go().fails(5);
    me.submit_as("second", &again.url).expect(200);
    assert_eq!(me.hand_out("second").expect(200).json()["access_token"], again.access_token);
    let deeds = stage.run("audit --owner me").go().done();
    assert!(deeds.lines().any(|line| line.contains("forget") && line.contains("vk/second")), "{deeds}");
}
