//! Owners can neither see nor guess each other's credentials: whatever is somebody else's is answered like what does not exist.

use grantkeep_tests::harness::{
    http::{Client, Reply},
    stage::Stage,
};
use serde_json::{Value, json};

/// The answer but for what differs between any two requests.
fn essence(reply: &Reply) -> (u16, Vec<String>, String) {
    let varies =
        |line: &&str| ["date:", "x-request-id:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    (reply.status, reply.head.lines().filter(|line| !varies(line)).map(str::to_owned).collect(), reply.body.clone())
}

/// The credential but for what the clock changes: "24h 0m" is "23h 59m" a second later.
fn lasting(client: &Client, id: &str) -> Value {
    let mut credential = client.get(&format!("/api/v1/credentials/{id}")).expect(200).json();
    credential.as_object_mut().unwrap().retain(|name, _| !name.starts_with("time_until_expiry"));
    credential
}

/// Every route that takes an id.
fn by_id(client: &Client, id: &str) -> [(&'static str, Reply); 3] {
    [
        ("GET", client.get(&format!("/api/v1/credentials/{id}"))),
        ("check", client.post_nothing(&format!("/api/v1/credentials/{id}/check"))),
        ("DELETE", client.delete(&format!("/api/v1/credentials/{id}"))),
    ]
}

#[test]
fn what_is_anothers_is_answered_like_what_does_not_exist() {
    let stage = Stage::new();
    let (anna, boris) = (stage.client("anna"), stage.client("boris"));
    let token = stage.vk.token(1);
    let id = anna.submit_as("secret name", &token.url).expect(200).json()["credential_id"].to_string();
    let before = lasting(&anna, &id);
    let asked = stage.vk.asked();

    let missing: Vec<_> = by_id(&boris, "987654").iter().map(|(_, reply)| essence(reply)).collect();
    assert_eq!(missing[0].0, 404);
    let max = i64::MAX.to_string();
    let others =
        [&id, "0", "-1", "1.0", "1e0", "+1", "01x", "9223372036854775808", &max, "%31", "none", "'1'", "5f1c9a0e-7d3b"];
    for other in others {
        let replies = by_id(&boris, other);
        for ((method, reply), missing) in replies.iter().zip(&missing) {
            assert_eq!(&essence(reply), missing, "{method} {other}");
        }
    }
    // A claim to be somebody else, wherever it might be believed.
    let claims = boris.clone().with("Grantkeep-Owner", "anna").with("X-Forwarded-User", "anna");
    let own_key_with_claims =
        json!({"token_data": token.url, "owner": "anna", "sub": "anna", "account_name": "claimed"});
    claims.post(grantkeep_tests::harness::stage::SUBMIT, &own_key_with_claims).expect(200);
    for client in [&boris, &claims] {
        assert_eq!(client.get(&format!("/api/v1/credentials/{id}?owner=anna")).status, 404);
        assert_eq!(client.status("secret name"), boris.status("no such name"));
        let (theirs, none) = (client.hand_out("secret name"), client.hand_out("no such name"));
        assert_eq!((essence(&theirs), theirs.status), (essence(&none), 404));
        assert!(client.list().iter().all(|credential| credential["account_name"] == "claimed"));
        client.get("/local/keys").expect(404);
    }
    assert_eq!(lasting(&anna, &id), before);
    assert_eq!(anna.list().len(), 1, "nothing of the others came to her");
    assert_eq!(anna.hand_out("secret name").expect(200).json()["access_token"], token.access_token);
    let calls = |asked: &Value| asked["methods"]["users.get"].as_u64().unwrap();
    assert_eq!(calls(&stage.vk.asked()), calls(&asked) + 1, "nobody's token was checked for another");
}

#[test]
fn lists_hold_their_owners_credentials_only_on_every_page() {
    let stage = Stage::new();
    let (anna, boris) = (stage.client("anna"), stage.client("boris"));
    for person in 1..=3 {
        anna.submit(&stage.vk.token(person).url).expect(200);
        boris.submit(&stage.vk.token(person + 10).url).expect(200);
    }
    for (client, people) in [(&anna, [1, 2, 3]), (&boris, [11, 12, 13])] {
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let page = client.get(&format!("/api/v1/credentials?limit=1&after={after}")).expect(200).json();
            seen.extend(page["credentials"].as_array().unwrap().iter().map(|one| one["user_id"].as_u64().unwrap()));
            match page["next"].as_i64() {
                Some(next) => after = next,
                None => break,
            }
        }
        assert_eq!(seen, people);
    }
}

#[test]
fn the_command_line_acts_for_one_owner() {
    let stage = Stage::new();
    let token = stage.vk.token(1);
    stage.run("add vk --account mine --owner anna").input(&token.url).go().done();
    assert_eq!(stage.run("token vk/mine --owner anna").go().done(), format!("{}\n", token.access_token));
    for line in ["status vk/mine", "status vk", "token vk/mine", "token vk", "forget vk/mine"] {
        for owner in ["boris", "me"] {
            let said = stage.run(line).arg("--owner").arg(owner).go().fails(5);
            assert!(!said.contains("anna"), "{said}");
        }
        stage.run(line).env("GRANTKEEP_OWNER", "boris").go().fails(5);
    }
    let listed = stage.run("status --json --owner boris").go().done();
    assert_eq!(serde_json::from_str::<Value>(&listed).unwrap()["credentials"], json!([]));
    assert!(!stage.run("status --owner boris").go().done().contains("mine"));
    // The same person over the API.
    assert_eq!(stage.client("anna").hand_out("mine").expect(200).json()["access_token"], token.access_token);
    stage.run("forget vk/mine --owner anna").go().done();
    assert!(stage.client("anna").list().is_empty());
}
